// The tests of test/vm/guest as one script: Node in the guest is slow, and jest would be ten times slower there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const files = readdirSync(join(here, 'guest')).filter((name) => name.endsWith('.ts'));
const blocks = files.map((name) => `describe('${name.replace(/\.ts$/, '')}', () => { require('./guest/${name}'); });`);

await build({
  stdin: { contents: [`const { main } = require('./runner.ts');`, ...blocks, 'main();'].join('\n'), resolveDir: here },
  outfile: process.argv[2],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['@yuuang/*'],
  logLevel: 'warning',
});
