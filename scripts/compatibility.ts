// `make docs` writes docs/compatibility.md from test/conformance/command-line; with `--check`, which is part of
// `make lint`, nothing is written, and a page that would change is an error. So is an option that nobody can explain.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { commandLine } from '../src/cli/table.ts';
import { compatibilityFaults, compatibilityPage } from '../test/conformance/command-line/page.ts';

const PAGE = 'docs/compatibility.md';

const faults = compatibilityFaults(commandLine);
const page = compatibilityPage(readFileSync('test/conformance/command-line/page.template', 'utf8'));
if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page)
  faults.push(`${PAGE} is not what its sources say: run \`make docs\``);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
