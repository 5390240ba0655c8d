import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCgroupRoot, rootOfDirectory } from '../../../../src/libcontainer/cgroups/root.ts';
import { realFiles } from './tree.ts';

const engine = { files: realFiles(), decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };
let directory: string;
let paths: { pure: string; hybrid: string; self: string };

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'tsrunc-root-'));
  paths = { pure: join(directory, 'cgroup'), hybrid: join(directory, 'cgroup/unified'), self: join(directory, 'self') };
  fs.mkdirSync(paths.hybrid, { recursive: true });
  fs.writeFileSync(paths.self, '4:memory:/v1\n0::/user.slice/session-1.scope\n');
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

test('A pure machine has the hierarchy at the first place', () => {
  fs.writeFileSync(join(paths.pure, 'cgroup.controllers'), '');
  expect(findCgroupRoot(engine, paths)).toEqual({
    mount: paths.pure,
    hybrid: false,
    own: '/user.slice/session-1.scope',
  });
});

test('A hybrid machine has it below', () => {
  fs.writeFileSync(join(paths.hybrid, 'cgroup.controllers'), '');
  expect(findCgroupRoot(engine, paths)).toMatchObject({ mount: paths.hybrid, hybrid: true });
});

test('A machine with cgroup v1 alone is refused with what to do', () => {
  expect(() => findCgroupRoot(engine, paths)).toThrow(
    expect.objectContaining({ code: 'host', hint: expect.stringContaining('unified_cgroup_hierarchy') }),
  );
});

test('A cgroup that has been removed under the runtime is still a place', () => {
  fs.writeFileSync(join(paths.pure, 'cgroup.controllers'), '');
  fs.writeFileSync(paths.self, '0::/a/b (deleted)\n');
  expect(findCgroupRoot(engine, paths).own).toBe('/a/b');
});

test('The hierarchy of a recorded directory is told by its path', () => {
  expect(rootOfDirectory('/sys/fs/cgroup/unified/a')).toEqual({ mount: '/sys/fs/cgroup/unified', hybrid: true });
  expect(rootOfDirectory('/sys/fs/cgroup/a')).toEqual({ mount: '/sys/fs/cgroup', hybrid: false });
});
