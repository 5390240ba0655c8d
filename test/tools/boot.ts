import { boot } from '../vm/kernel.ts';

/** Boots a machine in the scratch directory argv[2], whose script `init` is its PID 1. */
const [scratch = ''] = process.argv.slice(2);
process.chdir(scratch);
boot({
  scratch,
  init: `${scratch}/init`,
  parameters: [],
  seconds: 100,
  onConsole: (text) => process.stdout.write(text),
});
