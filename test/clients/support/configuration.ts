import * as fs from 'node:fs';
import * as path from 'node:path';

const PACKAGING = path.join(__dirname, '../../../packaging');

/** A file of packaging/ for the runtime under test. */
export function configuration(name: string, runtime: string): string {
  return fs.readFileSync(path.join(PACKAGING, name), 'utf8').replaceAll('/usr/local/bin/tsrunc', runtime);
}
