// `node scripts/run-typescript.mjs FILE.ts ARGUMENTS…`: runs TypeScript of this repository, with its imports, as a
// program. Node 20 does not strip types itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [entry = ''] = process.argv.splice(2, 1);
const directory = mkdtempSync(join(tmpdir(), 'tsrunc-script-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const outfile = join(directory, 'script.mjs');
await build({
  entryPoints: [resolve(entry)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
});
await import(pathToFileURL(outfile).href);
