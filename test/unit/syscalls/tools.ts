import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';

/** Registers a test that needs `program`; where it is not installed, a skipped one that says so. */
export function testWith(program: string): (name: string, body: () => void) => void {
  if (has(program)) return test;
  return (name, body) => test.skip(`${name} (skipped: ${program} is not installed)`, body);
}

function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Runs `body` with a scratch directory. */
export function inScratch<T>(body: (directory: string) => T): T {
  const directory = mkdtempSync('/tmp/tsrunc-tools-');
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** `program file` on a file with these bytes. */
export function outputOn(bytes: Uint8Array, program: string, ...options: readonly string[]): string {
  return inScratch((directory) => {
    writeFileSync(`${directory}/file`, bytes);
    return execFileSync(program, [...options, `${directory}/file`], { encoding: 'utf8' });
  });
}

/**
 * What C makes of `expressions`, integers all, after `preamble`. Expressions that the compiler rejects are left
 * out: the installed headers are older than they.
 */
export function valuesInC(preamble: string, expressions: readonly string[]): Map<string, bigint> {
  return inScratch((directory) => {
    const known = compilable(directory, preamble, expressions);
    const prints = known.map((expression) => `printf("%lld\\n", (long long)(${expression}));`);
    const program = `${directory}/program`;
    writeFileSync(`${program}.c`, source(preamble, prints));
    execFileSync('cc', ['-w', '-o', program, `${program}.c`]);
    const lines = execFileSync(program, { encoding: 'utf8' }).split('\n');
    return new Map(known.map((expression, i) => [expression, BigInt(lines[i] ?? '')]));
  });
}

/** One expression a line, so that the line of an error says which. */
function compilable(directory: string, preamble: string, expressions: readonly string[]): string[] {
  const file = `${directory}/probe.c`;
  const marked = expressions.map((expression, i) => `#line ${i + 1} "expression"\n(void)(${expression});`);
  writeFileSync(file, source(preamble, marked));
  const { stderr } = spawnSync('cc', ['-w', '-fsyntax-only', '-fmax-errors=0', file], { encoding: 'utf8' });
  const rejected = new Set([...stderr.matchAll(/^expression:(\d+):\d+: error/gm)].map(([, line]) => Number(line)));
  return expressions.filter((_, i) => !rejected.has(i + 1));
}

function source(preamble: string, statements: readonly string[]): string {
  return `${preamble}\nint printf(const char *, ...);\nint main(void) {\n${statements.join('\n')}\nreturn 0;\n}\n`;
}

const includes = (headers: string): string =>
  headers
    .trim()
    .split(/\s+/)
    .map((header) => `#include <${header}>`)
    .join('\n');

/** The kernel's own headers. They and the C library's cannot stand in one program. */
export const kernelHeaders = includes(`
  linux/types.h linux/fcntl.h linux/openat2.h linux/sched.h linux/sched/types.h linux/ioprio.h linux/mount.h linux/stat.h linux/magic.h linux/prctl.h
  linux/capability.h linux/memfd.h linux/close_range.h linux/wait.h linux/keyctl.h linux/bpf.h linux/sockios.h
  linux/resource.h linux/nsfs.h linux/elf.h linux/poll.h linux/uio.h linux/filter.h
  linux/netlink.h linux/rtnetlink.h linux/mempolicy.h linux/personality.h linux/seccomp.h linux/audit.h linux/major.h asm/termbits.h asm/ioctls.h asm/termios.h asm/mman.h asm/signal.h asm/statfs.h asm/unistd.h stddef.h
`);

export const libraryHeaders = `#define _GNU_SOURCE\n${includes(`
  fcntl.h sched.h unistd.h signal.h poll.h time.h stddef.h net/if.h
  sys/mount.h sys/statvfs.h sys/stat.h sys/file.h sys/mman.h sys/wait.h sys/resource.h sys/socket.h sys/un.h sys/uio.h
`)}`;
