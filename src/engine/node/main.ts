import { helpText } from '../../cli/help.ts';
import { main } from '../../cli/main.ts';
import { loadEmbeddedAddon } from './embedded-addon.ts';
import { nodeEngine } from './engine.ts';
import { yargsParser } from './yargs.ts';

/** The entry point of `bin/tsrunc`: Node as the engine, yargs as the parser. */
void main(nodeEngine(loadEmbeddedAddon), yargsParser(helpText));
