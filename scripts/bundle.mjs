// How src/ is bundled into one script, and how a script becomes an executable: for build.mjs and coverage.mjs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { machine } from './machine.mjs';

export const root = join(import.meta.dirname, '..');

/** `entry` with all that it imports in one script. `more` are further options of esbuild. */
export async function bundleRuntime(entry, outfile, more = {}) {
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    legalComments: 'none',
    define: { TSRUNC_COMMIT: JSON.stringify(commit()) },
    logLevel: 'warning',
    ...more,
  });
}

/** Makes one file of Node, a script to start with, assets and ffi-rs's addon. `settings` is where Node is told so. */
export function makeExecutable({ main, assets = {}, useSnapshot = false, settings, output, arch = process.arch }) {
  const { node, addon, run } = machine(arch);
  // Node keeps the names that it is given, and those of variables: these are the same wherever the checkout is.
  const cwd = dirname(settings);
  writeFileSync(
    settings,
    JSON.stringify({
      main: join('/proc/self/cwd', relative(cwd, main)),
      executable: node,
      output: relative(cwd, output),
      useSnapshot,
      disableExperimentalSEAWarning: true,
      // Nothing of the environment may become an option of a process that runs as root: NODE_OPTIONS=--require.
      execArgvExtension: 'none',
      // One thread: a process that lives for 50 ms gets nothing from V8's helpers but their wake-ups, 500 system calls.
      execArgv: ['--no-warnings', '--disable-sigusr1', '--single-threaded', ...COMPILERS, '--min-semi-space-size=4'],
      assets: { ...assets, 'ffi-rs.node': addon },
    }),
  );
  const [file, ...args] = [...run, node, ...REPEATABLE, '--build-sea', basename(settings)];
  execFileSync(file, args, {
    cwd,
    env: { PATH: process.env.PATH, TMPDIR: tmpdir() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * A short command does not get back what compilers cost. The first would translate some 700 functions once more, which
 * are run a few times each: 2 of 60 ms. The second waits for what is really often called, and has it from the bytecode.
 * A regular expression is interpreted until it has been matched often: 1 ms.
 *
 * With a first semi-space of 4 MB (`--min-semi-space-size`) nothing is collected before the end of most commands.
 */
const COMPILERS = ['--no-sparkplug', '--invocation-count-for-maglev=2000', '--regexp-tier-up-ticks=100'];

/**
 * Two builds of the same sources lay out the same heap: with constant seeds, and with so much memory that none is used
 * twice, for what lay there before remains in gaps. What the executable draws at random is not touched by it.
 */
const REPEATABLE = [
  ...['--hash-seed=1', '--random-seed=1', '--single-threaded'],
  ...['--min-semi-space-size=256', '--max-semi-space-size=256', '--initial-old-space-size=512'],
];

/** The commit, marked if the tree differs from it; empty where there is no git. */
function commit() {
  try {
    const git = (...args) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') ? '-dirty' : ''}`;
  } catch {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  }
}
