import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from './host.ts';

/** Programs that payload scripts may use, found in `/bin` of every rootfs. */
const PROGRAMS = [
  'sh',
  'cat',
  'chmod',
  'dd',
  'echo',
  'env',
  'find',
  'grep',
  'head',
  'id',
  'ls',
  'mkdir',
  'pwd',
  'readlink',
  'rm',
  'sleep',
  'sort',
  'stat',
  'touch',
  'stty',
  'tr',
  'true',
  'tty',
  'false',
  'wc',
  'xargs',
];
const DIRECTORIES = ['bin', 'dev', 'etc', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'home/user', 'srv'];

/** Makes a root filesystem at `target`: busybox where the machine has a static one, else copies of its own programs. */
export function makeRootfs(target: string): void {
  for (const name of DIRECTORIES) fs.mkdirSync(path.join(target, name), { recursive: true, mode: 0o755 });
  fs.chmodSync(path.join(target, 'tmp'), 0o1777);
  fs.writeFileSync(
    path.join(target, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n',
  );
  fs.writeFileSync(path.join(target, 'etc/group'), 'root:x:0:\nuser:x:1000:\n');
  const busybox = which('busybox');
  if (busybox !== undefined && isStatic(busybox)) installBusybox(busybox, target);
  else for (const name of PROGRAMS) installProgram(name, target);
}

/** A rootfs of its own that shares the big files with `original`: for tests that write to it or break it. */
export function cloneRootfs(original: string, target: string): void {
  fs.mkdirSync(target, { recursive: true, mode: 0o755 });
  for (const entry of fs.readdirSync(original, { withFileTypes: true })) {
    const from = path.join(original, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory()) cloneRootfs(from, to);
    else if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(from), to);
    else if (entry.isFile()) fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  }
  fs.chmodSync(target, fs.statSync(original).mode & 0o7777);
}

function installBusybox(busybox: string, target: string): void {
  fs.copyFileSync(busybox, path.join(target, 'bin/busybox'));
  fs.chmodSync(path.join(target, 'bin/busybox'), 0o755);
  for (const name of PROGRAMS) fs.symlinkSync('busybox', path.join(target, 'bin', name));
}

function installProgram(name: string, target: string): void {
  const program = which(name);
  if (program === undefined) throw new Error(`the tests need "${name}" or a static busybox on this machine`);
  fs.copyFileSync(fs.realpathSync(program), path.join(target, 'bin', name));
  fs.chmodSync(path.join(target, 'bin', name), 0o755);
  for (const [library] of execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g)) {
    const copy = path.join(target, library);
    if (fs.existsSync(copy)) continue;
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(fs.realpathSync(library), copy);
    fs.chmodSync(copy, 0o755);
  }
}

/** Whether an ELF file has no PT_INTERP: it runs in a rootfs that holds nothing else. */
function isStatic(program: string): boolean {
  const elf = fs.readFileSync(program);
  const headers = Number(elf.readBigUInt64LE(32));
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, i) => elf.readUInt32LE(headers + i * size)).every((type) => type !== 3);
}
