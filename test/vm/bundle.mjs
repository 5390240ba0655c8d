// The tests of a folder, argv[2], as one script, argv[3]: Node in the guest is slow, and jest would be ten times slower there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const [folder, outfile] = process.argv.slice(2);
const files = readdirSync(join(here, folder)).filter((name) => name.endsWith('.ts'));
const blocks = files.map(
  (name) => `describe('${name.replace(/\.ts$/, '')}', () => { require('./${folder}/${name}'); });`,
);

await build({
  stdin: { contents: [`const { main } = require('./runner.ts');`, ...blocks, 'main();'].join('\n'), resolveDir: here },
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['@yuuang/*'],
  logLevel: 'warning',
});
