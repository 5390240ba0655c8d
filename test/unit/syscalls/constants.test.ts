import { existsSync } from 'node:fs';
import * as constants from '../../../src/syscalls/constants.ts';
import { syscallNames, syscallNumber } from '../../../src/syscalls/numbers.ts';
import { kernelHeaders, libraryHeaders, testWith, valuesInC } from './tools.ts';

const { openFlagsAarch64, ...ofThisMachine } = constants;

/** `[table, name, value]` of everything that constants.ts exports, but what another architecture has instead. */
const all = Object.entries(ofThisMachine).flatMap(([table, exported]): [string, string, number][] => {
  if (typeof exported === 'number') return [[table, table, exported]];
  return typeof exported === 'object'
    ? Object.entries(exported).map(([name, value]): [string, string, number] => [table, name, value])
    : [];
});

/** Known to Linux, but not to every distribution's headers: those of a current one lack nothing else. */
const young = new Set([
  'MFD_EXEC',
  'F_SEAL_EXEC',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
  'MPOL_WEIGHTED_INTERLEAVE',
]);

testWith('cc')('every constant has the value that C knows it by', () => {
  const names = [...new Set(all.map(([, name]) => name))];
  const sources = [valuesInC(kernelHeaders, names), valuesInC(libraryHeaders, names)];
  const wrong: string[] = [];
  const unknown: string[] = [];
  for (const [table, name, value] of all) {
    const seen = sources.flatMap((values) => values.get(name) ?? []);
    if (seen.length === 0) unknown.push(name);
    for (const right of seen) {
      if (BigInt.asUintN(64, right) !== BigInt.asUintN(64, BigInt(value))) wrong.push(`${table}.${name} is ${right}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(unknown.filter((name) => !young.has(name))).toEqual([]);
  expect(all.length).toBeGreaterThan(200);
});

for (const [arch, preamble] of [
  ['x86_64', '#include <asm/unistd_64.h>'],
  ['aarch64', '#define __ARCH_WANT_NEW_STAT\n#define __ARCH_WANT_SYS_CLONE3\n#include <asm-generic/unistd.h>'],
] as const) {
  testWith('cc')(`system call numbers of ${arch} are those of the header`, () => {
    const values = valuesInC(
      preamble,
      syscallNames.map((name) => `__NR_${name}`),
    );
    const ours = syscallNames.map((name): [string, number] => [name, syscallNumber(name, arch)]);
    expect(ours).toEqual(ours.map(([name]) => [name, Number(values.get(`__NR_${name}`))]));
  });
}

test('what arm64 has instead is what its fcntl.h defines', () => {
  // asm/fcntl.h of arm64, in the octal of its source. Its asm-generic counterpart is that of x86-64.
  const own = { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000, O_TMPFILE: 0o20000000 | 0o40000 };
  expect(openFlagsAarch64).toEqual({ ...constants.openFlags, ...own });
});

const crossHeader = '/usr/aarch64-linux-gnu/include/asm/fcntl.h';
const withCrossHeaders = existsSync(crossHeader) ? testWith('cc') : test.skip;
withCrossHeaders(`flags of open(2) on arm64 are those of ${crossHeader}, where it is installed`, () => {
  const names = Object.keys(openFlagsAarch64);
  const values = valuesInC(`#include "${crossHeader}"`, names);
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries(Object.entries(openFlagsAarch64).map(([name, value]) => [name, BigInt(value)])),
  );
});

test('flag names are summed without regard to doubles, also above bit 31', () => {
  const { bitsOf, cloneFlags } = constants;
  expect(bitsOf(cloneFlags, ['CLONE_INTO_CGROUP', 'CLONE_NEWNS', 'CLONE_NEWNS'])).toBe(0x200020000);
  expect(bitsOf(cloneFlags, [])).toBe(0);
});
