// `make coverage`: how many lines of src/ the tests run. Unit tests are counted inside jest, integration tests in an
// executable of bin/tsrunc's own bundle that runs under NODE_V8_COVERAGE. Both together are reported in coverage/.
// The exit status is 1 below 85 % of lines. Whether the tests pass is the business of `make test`.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import libCoverage from 'istanbul-lib-coverage';
import libReport from 'istanbul-lib-report';
import reports from 'istanbul-reports';
import { bundleRuntime, makeExecutable, root } from './bundle.mjs';
import { Statements } from './coverage-statements.mjs';

const REQUIRED = 85;
const POOR = 70;
/** Its name in V8's reports, too. */
const SCRIPT = 'tsrunc.cjs';
const build = join(root, 'build/coverage');
const raw = join(build, 'raw');
/** The script as a function of what a CommonJS module gets: coverage-entry.cjs calls it. */
const asFunction = { banner: { js: '(function(exports,require,module){' }, footer: { js: '})' } };

await main();

async function main() {
  rmSync(build, { recursive: true, force: true });
  for (const directory of ['bin', 'raw']) mkdirSync(join(build, directory), { recursive: true });
  // Some tests run the executable as another user.
  chmodSync(raw, 0o1777);
  const script = join(build, SCRIPT);
  const runtime = await makeRuntime(script);
  const coverage = libCoverage.createCoverageMap(await unitTests());
  coverage.merge(await integrationTests(script, runtime));
  writeReports(coverage);
  const percent = printTable(coverage);
  if (percent >= REQUIRED) return;
  console.error(`${percent} % of lines is less than ${REQUIRED} %`);
  process.exitCode = 1;
}

async function unitTests() {
  const output = join(build, 'unit.json');
  await jest(
    ['test/unit', '--coverage', '--coverageReporters=json', `--coverageDirectory=${join(build, 'jest')}`],
    ['default', join(import.meta.dirname, 'coverage-reporter.mjs')],
    { TSRUNC_COVERAGE: output },
  );
  return JSON.parse(readFileSync(output, 'utf8'));
}

/** Counts are added while the tests run: there are thousands of processes, and each leaves a file of 150 KB. */
async function integrationTests(script, runtime) {
  const statements = new Statements(join(root, 'src'));
  const add = statements.locate(readFileSync(script, 'utf8'), readFileSync(`${script}.map`, 'utf8'), build);
  // Left out are tests of what bin/tsrunc does to the environment before its first line; here it is not done.
  const names = '--testNamePattern=^(?!variables that steer Node)';
  let running = true;
  const tests = jest(['test/integration', names], ['default'], { TSRUNC: runtime }).finally(() => {
    running = false;
  });
  let processes = 0;
  while (running) {
    processes += collect(add);
    await pause(500);
  }
  await tests;
  processes += collect(add);
  console.log(`${processes} runs of the executable were counted; ${readdirSync(raw).length} were killed as they wrote`);
  return statements.toJSON();
}

/** Builds the executable, and the wrapper by which a test that knows nothing of this runs it. */
async function makeRuntime(script) {
  await bundleRuntime('src/engine/node/main.ts', script, asFunction);
  const output = join(build, 'bin/tsrunc');
  makeExecutable({
    main: join(import.meta.dirname, 'coverage-entry.cjs'),
    assets: { [SCRIPT]: script },
    settings: join(build, 'sea.json'),
    output,
  });
  chmodSync(output, 0o755);
  // No shell: it would change the environment, and speak up in a directory that has been removed.
  const line = `#!/usr/bin/env -S NODE_V8_COVERAGE="${raw}" "${output}"\n`;
  if (Buffer.byteLength(line) > 255) throw new Error(`the path of the checkout is too long for a #! line: ${line}`);
  const wrapper = join(build, 'tsrunc');
  writeFileSync(wrapper, line, { mode: 0o755 });
  return wrapper;
}

/** Adds up what processes have left, and removes it. A torn file stays: it is being written, or never will be. */
function collect(add) {
  let files = 0;
  for (const name of readdirSync(raw)) {
    const counted = parsed(readFileSync(join(raw, name), 'utf8'));
    if (counted === undefined) continue;
    for (const { functions } of counted.result.filter((result) => result.url === SCRIPT)) add(functions);
    rmSync(join(raw, name));
    files += 1;
  }
  return files;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jest(args, reporters, env) {
  const command = ['jest', ...args, '--color=false', ...reporters.map((reporter) => `--reporters=${reporter}`)];
  const child = spawn('npx', command, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => {
      if (status !== 0) console.error(`tests have failed (${args[0]}): what they did run is counted`);
      resolve();
    });
  });
}

function writeReports(coverageMap) {
  const dir = join(root, 'coverage');
  rmSync(dir, { recursive: true, force: true });
  const context = libReport.createContext({ dir, coverageMap, watermarks: { lines: [POOR, REQUIRED] } });
  reports.create('text', { file: 'coverage.txt', maxCols: 120 }).execute(context);
  reports.create('html', { projectRoot: root }).execute(context);
  reports.create('lcovonly', { projectRoot: root }).execute(context);
}

/** Prints folders and poor files; the result is the percentage of all lines. */
function printTable(coverageMap) {
  const folders = new Map();
  const poor = [];
  const all = libCoverage.createCoverageSummary();
  for (const path of coverageMap.files().sort()) {
    const summary = coverageMap.fileCoverageFor(path).toSummary();
    const folder = relative(root, dirname(path));
    if (!folders.has(folder)) folders.set(folder, libCoverage.createCoverageSummary());
    for (const sum of [folders.get(folder), all]) sum.merge(summary);
    if (summary.lines.pct < POOR) poor.push([relative(root, path), summary]);
  }
  const print = ([name, { lines }]) =>
    console.log(
      `${name.padEnd(48)} ${`${lines.covered}/${lines.total}`.padStart(11)} ${lines.pct.toFixed(2).padStart(7)} %`,
    );
  console.log('\nLines run by the tests');
  for (const row of folders) print(row);
  print(['all', all]);
  if (poor.length > 0) console.log(`\nFiles below ${POOR} %`);
  for (const row of poor) print(row);
  return all.lines.pct;
}
