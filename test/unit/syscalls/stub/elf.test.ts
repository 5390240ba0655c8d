import { elfExecutable } from '../../../../src/syscalls/stub/elf.ts';
import { assembleStub } from '../../../../src/syscalls/stub/program.ts';
import { outputOn, testWith } from '../tools.ts';

const image = elfExecutable(assembleStub('x86_64'), 'x86_64');

testWith('readelf')('readelf sees a static executable for x86-64 whose entry is its first instruction', () => {
  const header = outputOn(image, 'readelf', '-h');
  expect(header).toMatch(/Class:\s+ELF64/);
  expect(header).toMatch(/Data:\s+2's complement, little endian/);
  expect(header).toMatch(/OS\/ABI:\s+UNIX - System V/);
  expect(header).toMatch(/Type:\s+EXEC/);
  expect(header).toMatch(/Machine:\s+Advanced Micro Devices X86-64/);
  expect(header).toMatch(/Entry point address:\s+0x4000b0/);
  expect(header).toMatch(/Start of program headers:\s+64 /);
  expect(header).toMatch(/Size of this header:\s+64 /);
  expect(header).toMatch(/Size of program headers:\s+56 /);
});

testWith('readelf')(
  'one segment is executable and never writable, the stack never executable, nothing is linked',
  () => {
    const segments = outputOn(image, 'readelf', '-lW');
    const size = `0x0*${image.length.toString(16)}`;
    expect(segments).toMatch(new RegExp(`LOAD +0x0+ 0x0*400000 0x0*400000 ${size} ${size} R E 0x1000`));
    expect(segments).toMatch(/GNU_STACK .* RW +0x10\n/);
    expect(segments).not.toMatch(/INTERP|DYNAMIC|RWE/);
  },
);

testWith('readelf')('the program for the other architecture says so', () => {
  const other = outputOn(elfExecutable(assembleStub('aarch64'), 'aarch64'), 'readelf', '-h');
  expect(other).toMatch(/Machine:\s+AArch64/);
});

test.each(['x86_64', 'aarch64'] as const)('%s: the code follows the headers, and some 800 bytes are all', (arch) => {
  const file = elfExecutable(assembleStub(arch), arch);
  expect([...file.subarray(0, 8)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  expect(file.subarray(0xb0)).toEqual(assembleStub(arch));
  expect(file.length).toBeLessThan(900);
});
