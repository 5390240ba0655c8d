// The manual pages, from the table of commands: `node scripts/run-typescript.mjs scripts/man.ts DIRECTORY`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualPages } from '../src/cli/man.ts';
import { commandLine } from '../src/cli/table.ts';

const [directory = 'build/man'] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
for (const [name, page] of manualPages(commandLine)) writeFileSync(join(directory, name), page);
