import { writePage } from '../test/faults/figures.ts';

// The figures of the fault sweeps that were made here, in docs/reliability.md:
// `node scripts/run-typescript.mjs scripts/reliability.ts`, after `make test-faults`.
writePage();
