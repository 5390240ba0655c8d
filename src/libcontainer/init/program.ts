import type { Process } from '../../spec/config.ts';
import type { Confined } from '../store.ts';
import { findExecutable } from './executable.ts';
import { homeOf } from './home.ts';
import type { StartStep } from './starting.ts';

/** What execve is given: the path of the program, and its environment. */
export const prepareProgram: StartStep = {
  name: 'find the executable',
  pointer: '/process/args/0',
  do(starting) {
    const { facts, init } = starting;
    const { process } = facts;
    starting.path = findExecutable(init.kernel, process);
    starting.env = environmentOf(process, () => homeOf(facts.engine, init.kernel, process.user?.uid ?? 0));
  },
};

/** What {@link prepareProgram} found when the container was created. */
export function recallProgram({ path, home }: Confined): StartStep {
  return {
    name: 'find the executable',
    pointer: '/process/args/0',
    do(starting) {
      starting.path = path;
      starting.env = environmentOf(starting.facts.process, () => home);
    },
  };
}

/** Of two entries with one name the last counts; HOME is the user's, if nobody says otherwise, or only that it is empty. */
function environmentOf({ env = [] }: Process, home: () => string): string[] {
  const entries = new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
  if ((entries.get('HOME') ?? 'HOME=') === 'HOME=') entries.set('HOME', `HOME=${home()}`);
  return [...entries.values()];
}
