// Builds bin/tsrunc: one script by esbuild, in one executable by Node's --build-sea, with ffi-rs's addon inside.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { bundleRuntime, makeExecutable, node, root } from './bundle.mjs';

const out = (...names) => join(root, 'build', ...names);
mkdirSync(out(), { recursive: true });
mkdirSync(join(root, 'bin'), { recursive: true });

await bundleRuntime(out('tsrunc.cjs'));
await bundled('scripts/pretend-engine.ts', 'cjs');
execFileSync(
  node,
  [join(root, 'scripts/code-cache.cjs'), out('tsrunc.cjs'), out('scripts/pretend-engine.cjs'), out('tsrunc.cache')],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
makeExecutable({
  main: join(root, 'scripts/loader.cjs'),
  assets: { 'tsrunc.cjs': out('tsrunc.cjs'), 'tsrunc.cache': out('tsrunc.cache') },
  settings: out('sea.json'),
  output: out('tsrunc'),
});
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
