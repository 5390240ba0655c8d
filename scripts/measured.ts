import * as fs from 'node:fs';
import { pageWith } from '../bench/page.ts';

// The last `make bench` in README.md: `node scripts/run-typescript.mjs scripts/measured.ts`. Not part of `make docs`: whoever
// measures decides whether the machine was one to tell of.
const results = JSON.parse(fs.readFileSync('bench/results/latest.json', 'utf8'));
fs.writeFileSync('README.md', pageWith(fs.readFileSync('README.md', 'utf8'), results));
