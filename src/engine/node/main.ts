import { helpText } from '../../cli/help.ts';
import { main } from '../../cli/main.ts';
import { liveMachine } from '../../libcontainer/machine.ts';
import { loadEmbeddedAddon } from './embedded-addon.ts';
import { nodeEngine } from './engine.ts';
import { yargsParser } from './yargs.ts';

/** The entry point of `bin/tsrunc`: Node as the engine, yargs as the parser. The build rehearses with another machine. */
export function start(engine = nodeEngine(loadEmbeddedAddon), machineOf = liveMachine): Promise<never> {
  return main(engine, yargsParser(helpText), machineOf);
}
