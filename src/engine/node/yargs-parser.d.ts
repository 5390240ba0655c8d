/**
 * yargs-parser without its surroundings: the entry for Node reads the environment (YARGS_MIN_NODE_VERSION can
 * make it throw) and the entry of yargs takes 60 ms to load. It comes without types of its own.
 */
declare module 'yargs-parser/browser' {
  import type { Options } from 'yargs-parser';

  export default function parse(args: readonly string[], options: Options): Readonly<Record<string, unknown>>;
}
