// `make docs` writes docs/conformance.md from test/conformance/specification; with `--check`, which is part of
// `make lint`, nothing is written, and a page that would change is an error. So is a demand that no test shows.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOf } from '../test/conformance/specification/faults.ts';
import { conformancePage } from '../test/conformance/specification/page.ts';
import { sections } from '../test/conformance/specification/sections.ts';

const PAGE = 'docs/conformance.md';

const faults = faultsOf(sections, (file) => textOf(join('test', file)));
const page = conformancePage(readFileSync('test/conformance/specification/page.template', 'utf8'), sections);
if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (textOf(PAGE) !== page) faults.push(`${PAGE} is not what its sources say: run \`make docs\``);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
