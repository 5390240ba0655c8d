import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { compareExchangeAarch64, compareExchangeX86, withoutLibatomic } from '../../../scripts/without-libatomic.ts';
import { disassembled, objdump } from '../syscalls/stub/disassembly.ts';
import { inScratch, testWith } from '../syscalls/tools.ts';

const code = process.arch === 'arm64' ? compareExchangeAarch64() : compareExchangeX86();

/** Calls the code as the compiler calls the library's function, from four threads at once too. */
const program = `
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
static const unsigned char code[] = {${[...code].join(',')}};
static int (*exchange)(size_t, void *, void *, void *, int, int);
static uint64_t counter;
static void *count(void *unused) {
  for (int i = 0; i < 100000; i++) {
    uint64_t seen = 0, next;
    do next = seen + 1; while (!exchange(8, &counter, &seen, &next, 5, 5));
  }
  return unused;
}
int main(void) {
  void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(page, code, sizeof code);
  mprotect(page, 4096, PROT_READ | PROT_EXEC);
  exchange = page;
  uint64_t place = 1ull << 40, expected = 5, wanted = 7;
  int first = exchange(8, &place, &expected, &wanted, 5, 5);
  printf("%d %llu %llu\\n", first, (unsigned long long)place, (unsigned long long)expected);
  int second = exchange(8, &place, &expected, &wanted, 5, 5);
  printf("%d %llu %llu\\n", second, (unsigned long long)place, (unsigned long long)expected);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, count, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("%llu\\n", (unsigned long long)counter);
}`;

testWith('cc')(
  'the function compares and exchanges as that of the library does, whoever else does so meanwhile',
  () => {
    const output = inScratch((directory) => {
      writeFileSync(`${directory}/program.c`, program);
      execFileSync('cc', ['-O1', '-pthread', '-o', `${directory}/program`, `${directory}/program.c`]);
      return execFileSync(`${directory}/program`, { encoding: 'utf8' });
    });
    expect(output).toBe(`0 ${2n ** 40n} ${2n ** 40n}\n1 7 ${2n ** 40n}\n400000\n`);
  },
);

testWith(objdump.aarch64.program)(
  'that of arm64 loads and stores exclusively, with the order that it was asked for',
  () => {
    const lines = disassembled(compareExchangeAarch64(), 'aarch64');
    expect(lines).toContain('ldaxr x11, [x1]');
    expect(lines).toContain('stlxr w12, x10, [x1]');
    expect(lines.at(-1)).toBe('brk #0x0');
  },
);

testWith('cc')('an executable that does not ask for the library stays as it is', () => {
  const elf = inScratch((directory) => {
    writeFileSync(`${directory}/program.c`, 'int main(void) { return 0; }');
    execFileSync('cc', ['-o', `${directory}/program`, `${directory}/program.c`]);
    return execFileSync('cat', [`${directory}/program`]);
  });
  expect(Buffer.compare(withoutLibatomic(elf), elf)).toBe(0);
});
