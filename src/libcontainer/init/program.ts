import type { Process } from '../../spec/config.ts';
import type { Result } from '../../syscalls/batch.ts';
import type { Confined } from '../store.ts';
import { lookForExecutable } from './executable.ts';
import { entriesOf, homeIn, openPasswd, saysHome } from './home.ts';
import type { Starting, StartStep } from './starting.ts';

/** What execve is given: the path of the program, and its environment. */
export const prepareProgram: StartStep = {
  name: 'find the executable',
  pointer: '/process/args/0',
  do(starting) {
    const { process } = starting.facts;
    const { kernel } = starting.init;
    const found = lookForExecutable(kernel, process);
    const passwd = saysHome(process) ? undefined : openPasswd(kernel);
    kernel.flush();
    settle(starting, { path: found(), passwd });
  },
};

export interface Looked {
  readonly path: string;
  /** Unless the process says where its home is. */
  readonly passwd: Result | undefined;
}

/** What create has asked for by the way, for a start that follows at once. */
export function takeProgram(looked: Looked): StartStep {
  return {
    name: 'find the executable',
    pointer: '/process/args/0',
    do: (starting) => settle(starting, looked),
  };
}

function settle(starting: Starting, { path, passwd }: Looked): void {
  const { facts, init } = starting;
  const { process } = facts;
  starting.path = path;
  const home = passwd && homeIn(facts.engine, init.kernel, passwd, process.user?.uid ?? 0);
  starting.env = environmentOf(process, home);
}

/** What {@link prepareProgram} found when the container was created. */
export function recallProgram({ path, home }: Confined): StartStep {
  return {
    name: 'find the executable',
    pointer: '/process/args/0',
    do(starting) {
      starting.path = path;
      starting.env = environmentOf(starting.facts.process, home);
    },
  };
}

/** HOME is `home`, if that is given. */
function environmentOf(process: Process, home: string | undefined): string[] {
  const entries = entriesOf(process);
  if (home !== undefined) entries.set('HOME', `HOME=${home}`);
  return [...entries.values()];
}
