// The manual pages, from the table of commands: `node scripts/man.mjs DIRECTORY`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [directory = 'build/man'] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-man-'));
try {
  const outfile = join(scratch, 'man.mjs');
  const contents = "export { manualPages } from './src/cli/man.ts'; export { commandLine } from './src/cli/table.ts';";
  await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
  });
  const { manualPages, commandLine } = await import(pathToFileURL(outfile).href);
  mkdirSync(directory, { recursive: true });
  for (const [name, page] of manualPages(commandLine)) writeFileSync(join(directory, name), page);
} finally {
  rmSync(scratch, { recursive: true });
}
