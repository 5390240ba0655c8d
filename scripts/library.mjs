// Builds the library for Node programs: build/library/index.js, and its types.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './bundle.mjs';

const out = (...names) => join(root, 'build/library', ...names);
rmSync(out(), { recursive: true, force: true });
execFileSync('npx', ['tsc', '-p', 'tsconfig.library.json'], { cwd: root, stdio: 'inherit' });
await build({
  entryPoints: [join(root, 'src/library/index.ts')],
  outfile: out('index.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
});
