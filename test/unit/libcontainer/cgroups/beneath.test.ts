import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beneath } from '../../../../src/libcontainer/cgroups/beneath.ts';
import { local } from '../../syscalls/support.ts';

const mount = fs.mkdtempSync(join(tmpdir(), 'tsrunc-beneath-'));
const paths = beneath(local);

beforeAll(() => {
  fs.mkdirSync(join(mount, 'root/a'), { recursive: true });
  fs.writeFileSync(join(mount, 'root/a/file'), 'old');
  fs.writeFileSync(join(mount, 'outside'), 'old');
  fs.symlinkSync('../outside', join(mount, 'root/link'));
  fs.symlinkSync('.', join(mount, 'root/a/self'));
});

afterAll(() => fs.rmSync(mount, { recursive: true }));

const root = join(mount, 'root');

test('A file is opened for writing, and is never made', () => {
  const fd = paths.open(root, 'a/file');
  fs.writeSync(fd, 'new');
  fs.closeSync(fd);
  expect(fs.readFileSync(join(root, 'a/file'), 'utf8')).toBe('new');
  expect(() => paths.open(root, 'a/none')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('A directory is made and removed', () => {
  paths.mkdir(root, 'b', 0o755);
  paths.mkdir(root, 'b/c', 0o755);
  expect(() => paths.mkdir(root, 'b', 0o755)).toThrow(expect.objectContaining({ syscall: 'mkdirat', code: 'EEXIST' }));
  expect(() => paths.rmdir(root, 'b')).toThrow(expect.objectContaining({ syscall: 'unlinkat', code: 'ENOTEMPTY' }));
  paths.rmdir(root, 'b/c');
  paths.rmdir(root, 'b');
  expect(() => paths.mkdir(root, 'b/c', 0o755)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(fs.existsSync(join(root, 'b'))).toBe(false);
});

test.each([
  ['../outside', 'EXDEV'],
  ['a/../../outside', 'EXDEV'],
  ['/etc/passwd', 'EXDEV'],
  ['link', 'ELOOP'],
  ['a/self/file', 'ELOOP'],
])('%s leads out, or might: %s', (path, code) => {
  expect(() => paths.open(root, path)).toThrow(
    expect.objectContaining({ code, args: [JSON.stringify(`${root}/${path}`)] }),
  );
});

test('No directory is made through a link', () => {
  expect(() => paths.mkdir(root, 'a/self/b', 0o755)).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  expect(() => paths.rmdir(root, 'a/self/b')).toThrow(expect.objectContaining({ code: 'ELOOP' }));
});

test('Neither success nor failure leaves a descriptor behind', () => {
  const open = () => fs.readdirSync('/proc/self/fd').length;
  const before = open();
  for (let i = 0; i < 20; i++) {
    paths.mkdir(root, 'd', 0o755);
    paths.rmdir(root, 'd');
    expect(() => paths.open(root, 'link')).toThrow('ELOOP');
    expect(() => paths.open(join(mount, 'nowhere'), 'a')).toThrow('ENOENT');
  }
  expect(open()).toBe(before);
});
