import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUNTIME } from '../integration/support/runtime.ts';

const ROOT = path.join(__dirname, '../..');

/** Makes `directory` one in which `import 'tsrunc'` finds the package as npm would install it. */
export function installPackage(directory: string): void {
  const installed = path.join(directory, 'node_modules/tsrunc');
  fs.mkdirSync(path.join(installed, 'bin'), { recursive: true });
  fs.cpSync(path.join(ROOT, 'build/library'), path.join(installed, 'lib'), { recursive: true });
  fs.symlinkSync(RUNTIME, path.join(installed, 'bin/tsrunc'));
  const manifest = execFileSync(process.execPath, [path.join(ROOT, 'scripts/npm-manifest.mjs')]);
  fs.writeFileSync(path.join(installed, 'package.json'), manifest);
}
