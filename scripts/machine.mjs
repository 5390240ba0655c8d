// What an executable for a machine is made of: its Node, and ffi-rs's addon. For another machine than this one both are
// installed beside node_modules, as package-lock.json has them, and its Node is run by qemu-user.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** `arch` as Node calls it. `run` is the command line that a program of its begins with. */
export function machine(arch = process.arch) {
  const names = { node: `node-linux-${arch}`, addon: `@yuuang/ffi-rs-linux-${arch}-gnu` };
  const modules = arch === process.arch ? root : installed(arch, Object.values(names));
  const { resolve } = createRequire(join(modules, 'package.json'));
  return {
    arch,
    node: resolve(`${names.node}/bin/node`),
    addon: resolve(`${names.addon}/ffi-rs.linux-${arch}-gnu.node`),
    run: arch === process.arch ? [] : emulator(arch),
  };
}

function installed(arch, names) {
  const directory = join(root, 'build', `modules-${arch}`);
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const lock = Object.fromEntries(names.map((name) => [`node_modules/${name}`, packages[`node_modules/${name}`]]));
  const dependencies = Object.fromEntries(names.map((name) => [name, lock[`node_modules/${name}`].version]));
  const wanted = JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies }, ...lock } });
  const file = join(directory, 'package-lock.json');
  const done = join(directory, 'node_modules/.package-lock.json');
  if (existsSync(done) && readFileSync(file, 'utf8') === wanted) return directory;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ dependencies }));
  writeFileSync(file, wanted);
  // By force: npm would refuse what this machine cannot run.
  const options = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['ci', ...options], { cwd: directory, stdio: 'inherit' });
  return directory;
}

/** qemu-user, with the C and C++ libraries of that machine where Debian's packages for cross-building put them. */
function emulator(arch) {
  const [qemu, libraries] = {
    arm64: ['qemu-aarch64-static', '/usr/aarch64-linux-gnu'],
    x64: ['qemu-x86_64-static', '/usr/x86_64-linux-gnu'],
  }[arch];
  return [qemu, '-L', libraries];
}
