import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssemblerX86 } from '../../../src/syscalls/stub/assembler-x86_64.ts';
import { elfExecutable } from '../../../src/syscalls/stub/elf.ts';
import { until } from '../support/wait.ts';

/** Two names in one file system, and what each of them is half of the time. */
export type Pair = readonly [string, string];

export interface Swapper {
  stop(): Promise<void>;
}

/**
 * Exchanges the files of each pair, without a pause, until it is stopped: what a process of another container can do
 * that has the directory as a volume. It is a program of its own, since a thread of the tests' process would have to
 * ask the engine for every turn, and made by the runtime's own assembler, since a machine need not have a compiler.
 */
export async function swapper(directory: string, pairs: readonly Pair[]): Promise<Swapper> {
  const program = path.join(directory, 'swapper');
  if (!fs.existsSync(program)) fs.writeFileSync(program, elfExecutable(assembleSwapper(), 'x86_64'), { mode: 0o755 });
  const child = spawn(program, pairs.flat(), { stdio: 'ignore' });
  const before = identity(pairs);
  await until('something has been swapped', () => identity(pairs) !== before);
  return { stop: () => stopped(child) };
}

function identity(pairs: readonly Pair[]): string {
  return pairs.flatMap(([one]) => fs.lstatSync(one, { bigint: true }).ino).join();
}

function stopped(child: ChildProcess): Promise<void> {
  const { exitCode, signalCode } = child;
  // It never ends by itself: a swapper that is gone has attacked nothing.
  if (exitCode !== null || signalCode !== null) throw new Error(`the swapper ended: ${exitCode ?? signalCode}`);
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

const PRCTL = 157;
const RENAMEAT2 = 316;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;
const WORD = 8;

/** `swapper A B C D …`: rbx walks along argv, and starts again where it ends. A failure is nothing: it goes on. */
function assembleSwapper(): Uint8Array {
  const a = new AssemblerX86();
  a.movImm('rdi', PR_SET_PDEATHSIG);
  a.movImm('rsi', SIGKILL);
  a.movImm('rax', PRCTL);
  a.syscall();
  a.label('first');
  // At entry the stack holds argc, then argv, then a null pointer.
  a.lea('rbx', { base: 'rsp', offset: 2 * WORD });
  a.label('pair');
  a.load64('rsi', { base: 'rbx', offset: 0 });
  a.test('rsi', 'rsi');
  a.j('e', 'first');
  a.load64('r10', { base: 'rbx', offset: WORD });
  a.addImm('rbx', 2 * WORD);
  a.movSigned('rdi', AT_FDCWD);
  a.movSigned('rdx', AT_FDCWD);
  a.movImm('r8', RENAME_EXCHANGE);
  a.movImm('rax', RENAMEAT2);
  a.syscall();
  a.jmp('pair');
  return a.assemble();
}
