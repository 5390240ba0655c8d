import type { Process } from '../../spec/config.ts';
import type { Confined } from '../store.ts';
import { lookForExecutable } from './executable.ts';
import { homeIn, openPasswd } from './home.ts';
import type { StartStep } from './starting.ts';

/** What execve is given: the path of the program, and its environment. */
export const prepareProgram: StartStep = {
  name: 'find the executable',
  pointer: '/process/args/0',
  do(starting) {
    const { facts, init } = starting;
    const { process } = facts;
    const { kernel } = init;
    const found = lookForExecutable(kernel, process);
    const passwd = saysHome(process) ? undefined : openPasswd(kernel);
    kernel.flush();
    starting.path = found();
    const home = passwd && homeIn(facts.engine, kernel, passwd, process.user?.uid ?? 0);
    starting.env = environmentOf(process, home);
  },
};

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

/** Of two entries with one name the last counts. `home` is the user's, unless the entries {@link saysHome}. */
function environmentOf(process: Process, home: string | undefined): string[] {
  const entries = entriesOf(process);
  if (home !== undefined && !saysHome(process)) entries.set('HOME', `HOME=${home}`);
  return [...entries.values()];
}

/** And more than that it is empty. */
function saysHome(process: Process): boolean {
  return (entriesOf(process).get('HOME') ?? 'HOME=') !== 'HOME=';
}

function entriesOf({ env = [] }: Process): Map<string, string> {
  return new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
}
