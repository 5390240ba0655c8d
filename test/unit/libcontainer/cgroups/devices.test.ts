import { deviceProgram, deviceProgramOf } from '../../../../src/libcontainer/cgroups/devices/program.ts';
import { deviceAccess, deviceRules } from '../../../../src/libcontainer/cgroups/devices/rules.ts';
import type { Linux } from '../../../../src/spec/config-linux.ts';
import { BPF_INSN_SIZE } from '../../../../src/syscalls/bpf.ts';
import { generator, permits, randomRule, rule } from './device-rules.ts';
import { type Access, run, unreachable } from './interpreter.ts';

describe('a device program', () => {
  test('permits what the rules permit, for 600 random lists and every request of interest', () => {
    const random = generator(20260101);
    for (let round = 0; round < 600; round++) {
      const rules = Array.from({ length: random(14) }, () => randomRule(random));
      const program = deviceProgram(rules);
      expect(unreachable(program)).toEqual([]);
      for (const request of requests()) {
        const [actual, expected] = [run(program, request), permits(rules, request)];
        if (actual !== expected) throw new Error(`${JSON.stringify({ rules, request })}: ${actual}`);
      }
    }
  });

  const none = { allow: false, access: 'rwm' };
  test.each<Linux>([
    { resources: { devices: [none] } },
    {},
    { resources: { devices: [{ ...none, access: 'rw' }] } },
    { resources: { devices: [{ ...none, allow: true }] } },
    { resources: { devices: [{ ...none, type: 'c' }] } },
    { resources: { devices: [{ ...none, major: 1 }] } },
    { resources: { devices: [{ ...none, minor: 3 }] } },
    { resources: { devices: [none, { allow: true, type: 'c', major: 1, access: 'r' }] } },
    { devices: [{ path: '/dev/null', type: 'c', major: 1, minor: 3 }], resources: { devices: [none] } },
  ])('is the same if it was there before: %j', (linux) => {
    expect(deviceProgramOf(linux)).toEqual(deviceProgram(deviceRules(linux)));
  });

  test('of no rules denies everything', () => {
    const program = deviceProgram([]);
    expect(requests().filter((request) => request.access !== 0 && run(program, request))).toEqual([]);
  });

  test('permits a request for no access at all', () => {
    expect(run(deviceProgram([]), { type: 'c', major: 1, minor: 3, access: 0 })).toBe(true);
  });

  test('compares numbers above 2^31 unsigned', () => {
    const program = deviceProgram([rule({ major: 0xffff_ffff, minor: 0x8000_0000 })]);
    expect(run(program, { type: 'c', major: 0xffff_ffff, minor: 0x8000_0000, access: 7 })).toBe(true);
    expect(run(program, { type: 'c', major: 0xffff_ffff, minor: 0, access: 7 })).toBe(false);
  });

  test('ends its questions at a rule for everything', () => {
    const open = deviceProgram([...deviceRules(undefined), rule({ type: 'a' })]);
    expect(open).toEqual(deviceProgram([rule({ type: 'a' })]));
  });

  test('of the default rules is shorter than 40 instructions', () => {
    const rules = deviceRules({ resources: { devices: [{ allow: false, access: 'rwm' }] } });
    expect(deviceProgram(rules).length / BPF_INSN_SIZE).toBeLessThan(40);
  });

  test('grows by two instructions a device at most when the devices are allowed wholly', () => {
    const rules = Array.from({ length: 1000 }, (_, i) => rule({ major: 7 + (i % 2), minor: i }));
    expect(deviceProgram(rules).length / BPF_INSN_SIZE).toBeLessThan(1030);
  });

  test('that needs jumps of more than 15 bits is an error', () => {
    const rules = Array.from({ length: 9000 }, (_, i) => rule({ major: i, minor: i, access: 2 }));
    expect(() => deviceProgram(rules)).toThrow(/instructions away/);
  });
});

describe('the rules of a container', () => {
  const none = { type: 'c', major: 1, minor: 3 } as const;

  test('are the default ones when the configuration has none', () => {
    const rules = deviceRules(undefined);
    expect(permits(rules, { ...none, access: 7 })).toBe(true);
    expect(permits(rules, { type: 'c', major: 10, minor: 200, access: 6 })).toBe(true);
    expect(permits(rules, { type: 'c', major: 5, minor: 1, access: deviceAccess.r })).toBe(false);
    expect(permits(rules, { type: 'b', major: 8, minor: 0, access: deviceAccess.m })).toBe(true);
    expect(permits(rules, { type: 'b', major: 8, minor: 0, access: deviceAccess.r })).toBe(false);
  });

  test('keep the default devices after a rule that denies all', () => {
    const rules = deviceRules({ resources: { devices: [{ allow: false, access: 'rwm' }] } });
    expect(permits(rules, { ...none, access: 7 })).toBe(true);
  });

  test('give a default device up for an entry of linux.devices with its path', () => {
    const rules = deviceRules({ devices: [{ path: '/dev/null', type: 'c', major: 1, minor: 3 }] });
    expect(permits(rules, { ...none, access: deviceAccess.r })).toBe(false);
    expect(permits(rules, { ...none, minor: 5, access: deviceAccess.r })).toBe(true);
  });

  test('read absent and negative numbers as all, and an absent type as both', () => {
    const entry = { allow: true, access: 'rw', major: -1 };
    expect(deviceRules({ resources: { devices: [entry] } })[0]).toEqual(
      rule({ type: 'a', major: '*', minor: '*', access: 6 }),
    );
  });

  test.each([
    [{ allow: true, access: '' }, 'device access at 0 field cannot be empty', '/access'],
    [{ allow: true }, 'device access at 0 field cannot be empty', '/access'],
    [{ allow: true, access: 'rx' }, 'unknown device access "x"', '/access'],
    [{ allow: true, access: 'r', type: 'p' }, 'invalid cgroup device type "p"', '/type'],
    [{ allow: true, access: 'r', major: 4294967296 }, 'invalid device major number 4294967296', '/major'],
    [{ allow: true, access: 'r', minor: 18446744073709551615n }, 'invalid device minor number', '/minor'],
  ])('refuse %p', (entry, message, field) => {
    const parse = () => deviceRules({ resources: { devices: [entry] } });
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ pointer: `/linux/resources/devices/0${field}` }));
  });
});

const NUMBERS = [0, 1, 2, 3, 0xffff_ffff];

function requests(): Access[] {
  return (['b', 'c'] as const).flatMap((type) =>
    NUMBERS.flatMap((major) =>
      NUMBERS.flatMap((minor) => [0, 1, 2, 3, 4, 5, 6, 7].map((access) => ({ type, major, minor, access }))),
    ),
  );
}
