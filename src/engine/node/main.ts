import { helpText } from '../../cli/help.ts';
import { main } from '../../cli/main.ts';
import { loadEmbeddedAddon } from './embedded-addon.ts';
import { nodeEngine } from './engine.ts';
import { yargsParser } from './yargs.ts';

/** The entry point of `bin/tsrunc`: Node as the engine, yargs as the parser. The loader in scripts/loader.cjs calls it. */
export function start(engine = nodeEngine(loadEmbeddedAddon)): Promise<never> {
  return main(engine, yargsParser(helpText));
}
