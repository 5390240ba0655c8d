// Builds bin/tsrunc: one script by esbuild, in one executable by Node's --build-sea, with ffi-rs's addon inside.
// `build.mjs arm64` builds bin/tsrunc-arm64, on any machine.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { bundleRuntime, makeExecutable, root } from './bundle.mjs';

const [, , arch = process.arch] = process.argv;
const name = process.argv[2] === undefined ? 'tsrunc' : `tsrunc-${arch}`;
const out = (...names) => join(root, 'build', ...names);
mkdirSync(out(), { recursive: true });
mkdirSync(join(root, 'bin'), { recursive: true });

await bundleRuntime('scripts/snapshot.ts', out('tsrunc.cjs'));
makeExecutable({ main: out('tsrunc.cjs'), useSnapshot: true, settings: out(`${name}.json`), output: out(name), arch });
const { guardEnvironment } = await import(await bundled('scripts/environment-guard.ts', 'mjs'));
const { withoutLibatomic } = await import(await bundled('scripts/without-libatomic.ts', 'mjs'));
writeFileSync(out(name), withoutLibatomic(guardEnvironment(readFileSync(out(name)))));
chmodSync(out(name), 0o755);
// In one step: a container that is starting from the old file keeps it.
renameSync(out(name), join(root, 'bin', name));

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
