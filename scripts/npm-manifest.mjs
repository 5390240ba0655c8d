// The package.json of the package for npm: the executable is in it, so that nothing is built where it is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { name, version, description, license, type } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
);
const manifest = {
  name,
  version,
  description,
  license,
  type,
  bin: { tsrunc: 'bin/tsrunc' },
  exports: { '.': { types: './lib/types/library/index.d.ts', default: './lib/index.js' } },
  engines: { node: '>=20' },
  os: ['linux'],
  cpu: [process.arch],
  files: ['bin', 'lib', 'CHANGELOG.md'],
};
process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
