import type { Addon } from '../../src/engine/node/addon.ts';
import { nodeEngine } from '../../src/engine/node/engine.ts';
import { yargsParser } from '../../src/engine/node/yargs.ts';
import { faulty } from './faulty.ts';

declare const ADDON: string;

faulty(
  nodeEngine(() => require(ADDON) as Addon),
  yargsParser,
);
