import * as fs from 'node:fs';
import * as path from 'node:path';
import { devicePrograms } from '../../../src/libcontainer/cgroups/devices/kernel.ts';
import { deviceProgram } from '../../../src/libcontainer/cgroups/devices/program.ts';
import { type DeviceRule, deviceAccess } from '../../../src/libcontainer/cgroups/devices/rules.ts';
import { BPF_INSN_SIZE } from '../../../src/syscalls/bpf.ts';
import { count } from '../../integration/support/wait.ts';
import { generator, permits, randomRule } from '../../unit/libcontainer/cgroups/device-rules.ts';
import type { Access } from '../../unit/libcontainer/cgroups/interpreter.ts';
import { engine, local } from '../../unit/syscalls/support.ts';

/** Random lists of rules on one cgroup, each program in place of the one before, and the kernel asked by this process. */
const LISTS = count(40, 400);
const cgroup = '/sys/fs/cgroup/tsrunc-devices-of-the-guest';
const nodes = '/tmp/tsrunc-devices-of-the-guest';
const programs = devicePrograms(engine, local);

const devices = (['b', 'c'] as const).flatMap((type) =>
  [1, 2, 3].flatMap((major) => [1, 3].map((minor) => ({ type, major, minor }))),
);

beforeAll(() => {
  fs.mkdirSync(nodes);
  fs.mkdirSync(cgroup);
  for (const device of devices) make(device, nodeOf(device));
});

afterAll(() => {
  enter('/sys/fs/cgroup');
  fs.rmdirSync(cgroup);
  fs.rmSync(nodes, { recursive: true });
});

test(`the kernel permits what the rules permit, for ${LISTS} random lists`, () => {
  const random = generator(20260202);
  enter(cgroup);
  for (let round = 0; round < LISTS; round++) {
    const rules = Array.from({ length: random(10) }, () => randomRule(random));
    programs.replace(cgroup, deviceProgram(rules));
    const wrong = devices.flatMap((device) => wrongAnswers(rules, device));
    expect({ rules, wrong }).toEqual({ rules, wrong: [] });
  }
});

test('a program is replaced and not added to: what was denied is permitted then', () => {
  const [device = { type: 'c', major: 1, minor: 3 } as const] = devices;
  enter(cgroup);
  programs.replace(cgroup, deviceProgram([]));
  expect(wrongAnswers([], device)).toEqual([]);
  const open: DeviceRule[] = [{ allow: true, type: 'a', major: '*', minor: '*', access: 7 }];
  programs.replace(cgroup, deviceProgram(open));
  expect(wrongAnswers(open, device)).toEqual([]);
});

test('a program that the kernel refuses is an error with what its verifier says', () => {
  // Nothing but an exit: its answer was never written.
  const exit = new Uint8Array(BPF_INSN_SIZE);
  exit[0] = 0x95;
  programs.replace(cgroup, deviceProgram([]));
  expect(() => programs.replace(cgroup, exit)).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^the verifier says: .*R0 !read_ok/) }),
  );
  // The one before is still there.
  enter(cgroup);
  expect(devices.flatMap((device) => wrongAnswers([], device))).toEqual([]);
});

function wrongAnswers(rules: readonly DeviceRule[], device: (typeof devices)[number]): string[] {
  const requests: readonly (readonly [string, number, () => void])[] = [
    ['r', deviceAccess.r, () => open(device, fs.constants.O_RDONLY)],
    ['w', deviceAccess.w, () => open(device, fs.constants.O_WRONLY)],
    ['rw', deviceAccess.r | deviceAccess.w, () => open(device, fs.constants.O_RDWR)],
    ['m', deviceAccess.m, () => make(device, path.join(nodes, 'new'))],
  ];
  return requests.flatMap(([name, access, act]) => {
    const request: Access = { ...device, access };
    const expected = permits(rules, request);
    return succeeds(act) === expected ? [] : [`${name} of ${nodeOf(device)}: expected ${expected}`];
  });
}

/** Denied is EPERM. That there is no driver is found out after the rules have been asked. */
function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM');
  } finally {
    fs.rmSync(path.join(nodes, 'new'), { force: true });
  }
}

function open(device: (typeof devices)[number], flags: number): void {
  fs.closeSync(fs.openSync(nodeOf(device), flags | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY));
}

function make({ type, major, minor }: (typeof devices)[number], file: string): void {
  const kind = type === 'b' ? fs.constants.S_IFBLK : fs.constants.S_IFCHR;
  local.calls.mknodat(-1, file, kind | 0o600, major * 256 + minor);
}

function nodeOf({ type, major, minor }: (typeof devices)[number]): string {
  return path.join(nodes, `${type}${major}-${minor}`);
}

function enter(directory: string): void {
  fs.writeFileSync(path.join(directory, 'cgroup.procs'), String(process.pid));
}
