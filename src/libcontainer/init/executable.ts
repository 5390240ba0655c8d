import type { Process } from '../../spec/config.ts';
import type { Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { errnoCode, strerror } from '../../syscalls/errno.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { openPasswd, saysHome } from './home.ts';

/**
 * Looks for `process.args[0]` as the container's user will see it, so that a missing program is an error of
 * `create`, in the second step: between them others may wait for the answer. The result is not kept: `start` looks
 * again, in the file system of that moment. Only one that follows at once does not.
 */
export function executableSteps(process: Process): { look: CreationStep; prove: CreationStep } {
  let answer: (() => string) | undefined;
  let passwd: Result | undefined;
  const pointer = '/process/args/0';
  return {
    look: {
      name: 'look for the executable',
      pointer,
      do({ init, facts }) {
        answer = lookForExecutable(init.kernel, process);
        if (!facts.parks && !saysHome(process)) passwd = openPasswd(init.kernel);
      },
    },
    prove: {
      name: 'find the executable',
      pointer,
      do(creation) {
        if (answer) creation.looked = { path: answer(), passwd };
      },
    },
  };
}

/**
 * Records calls; what it returns gives the path for execve once they were made. It throws in the words that clients
 * look for (`executable file not found in $PATH`).
 */
export function lookForExecutable(kernel: RemoteKernel, process: Process): () => string {
  const program = process.args?.[0] ?? '';
  const candidates = program.includes('/') ? [fromCwd(process, program)] : inPath(process, program);
  const answers = probe(kernel, process, candidates);
  return () => {
    const all = answers();
    const found = all.find(({ failure }) => failure === undefined);
    if (found) return found.path;
    throw new ContainerError('exec', notFound(program, all));
  };
}

interface Answer {
  readonly path: string;
  readonly failure: string | undefined;
}

/** With the user's eyes: access is judged by the file system ids and what capabilities they leave. */
function probe(kernel: RemoteKernel, process: Process, candidates: readonly string[]): () => Answer[] {
  const { uid = 0, gid = 0 } = process.user ?? {};
  const { calls } = kernel;
  if (gid !== 0) calls.setfsgid(gid);
  if (uid !== 0) calls.setfsuid(uid);
  const looks = candidates.map((path) => {
    const facts = kernel.output(statx.size);
    const stat = kernel.may('*').statx(AT_FDCWD, path, [], ['STATX_BASIC_STATS'], facts);
    const access = kernel.may('*').faccessat2(AT_FDCWD, path, ['X_OK'], ['AT_EACCESS']);
    return { path, facts, stat, access };
  });
  if (uid !== 0) calls.setfsuid(0);
  if (gid !== 0) calls.setfsgid(0);
  return () =>
    looks.map(({ path, facts, stat, access }) => ({
      path,
      failure: failureOf(stat.value, access.value, facts.bytes),
    }));
}

function failureOf(stat: number, access: number, facts: Uint8Array): string | undefined {
  if (stat < 0) return errnoCode(-stat);
  if ((readField(statx, 'stx_mode', facts) & S_IFMT) === fileTypes.S_IFDIR) return 'EISDIR';
  return access < 0 ? errnoCode(-access) : undefined;
}

function notFound(program: string, answers: readonly Answer[]): string {
  const quoted = JSON.stringify(program);
  if (!program.includes('/')) {
    const forbidden = answers.find(({ failure }) => failure !== 'ENOENT' && failure !== 'ENOTDIR');
    if (forbidden?.failure === 'EACCES') return `exec: ${quoted}: ${strerror('EACCES')}`;
    return `exec: ${quoted}: executable file not found in $PATH`;
  }
  const [answer] = answers;
  const code = answer?.failure ?? 'ENOENT';
  const verb = code === 'ENOENT' || code === 'ENOTDIR' ? `stat ${answer?.path}: ` : '';
  return `exec: ${quoted}: ${verb}${strerror(code)}`;
}

function fromCwd(process: Process, program: string): string {
  return program.startsWith('/') ? program : `${process.cwd}/${program}`;
}

/** An empty element means the working directory (environ(7)). */
function inPath(process: Process, program: string): string[] {
  const path =
    (process.env ?? [])
      .filter((entry) => entry.startsWith('PATH='))
      .at(-1)
      ?.slice('PATH='.length) ?? '';
  return path === '' ? [] : path.split(':').map((directory) => fromCwd(process, `${directory || '.'}/${program}`));
}
