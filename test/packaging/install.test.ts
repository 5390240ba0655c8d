import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { documented } from '../clients/support/documentation.ts';
import { which } from '../integration/support/host.ts';
import { sandbox } from '../integration/support/sandbox.ts';

const ROOT = path.join(__dirname, '../..');
const box = sandbox('install');
/** The packages are compressed three times over, on a machine that has more to do. */
jest.setTimeout(400_000);
const inFull = process.env['TSRUNC_FULL'] === '1' ? test : test.skip;

beforeAll(() => make('man'));

function make(...args: readonly string[]): void {
  execFileSync('make', ['--silent', ...args], { cwd: ROOT, stdio: 'pipe', timeout: 300_000 });
}

function filesBelow(directory: string): string[] {
  const entries = fs.readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

function version(executable: string): string {
  return execFileSync(executable, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
}

test('make install puts everything below DESTDIR and PREFIX, and make uninstall takes it away', () => {
  const destination = box.scratch();
  const where = [`DESTDIR=${destination}`, 'PREFIX=/opt/it'];
  make('install', ...where);
  const files = filesBelow(destination);
  expect(files.filter((file) => !file.startsWith('opt/it/'))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      'opt/it/bin/tsrunc',
      'opt/it/share/bash-completion/completions/tsrunc',
      'opt/it/share/doc/tsrunc/packaging/docker/daemon.json',
      'opt/it/share/fish/vendor_completions.d/tsrunc.fish',
      'opt/it/share/man/man8/tsrunc-create.8',
      'opt/it/share/man/man8/tsrunc.8',
      'opt/it/share/zsh/site-functions/_tsrunc',
    ]),
  );
  expect(version(path.join(destination, 'opt/it/bin/tsrunc'))).toMatch(/^tsrunc version \d/);
  const completion = path.join(destination, 'opt/it/share/bash-completion/completions/tsrunc');
  expect(execFileSync('bash', ['-c', `source ${completion}; complete -p tsrunc`], { encoding: 'utf8' })).toContain(
    'tsrunc',
  );

  fs.writeFileSync(path.join(destination, 'opt/it/bin/other'), '');
  make('uninstall', ...where);
  expect(filesBelow(destination)).toEqual(['opt/it/bin/other']);
});

test('the names in packaging/ are the same', () => {
  const read = (name: string) => fs.readFileSync(path.join(ROOT, 'packaging', name), 'utf8');
  expect(read('kubernetes/runtimeclass.yaml')).toMatch(/^handler: tsrunc$/m);
  expect(read('containerd/tsrunc.toml')).toContain('.containerd.runtimes.tsrunc.options]');
  expect(read('crio/10-tsrunc.conf')).toContain('[crio.runtime.runtimes.tsrunc]');
  expect(JSON.parse(read('docker/daemon.json'))).toEqual({ runtimes: { tsrunc: { path: '/usr/local/bin/tsrunc' } } });
});

test.each([
  ['Docker', 'json', 'docker/daemon.json'],
  ['containerd', 'toml', 'containerd/tsrunc.toml'],
  ['podman', 'toml', 'podman/tsrunc.conf'],
  ['CRI-O', 'toml', 'crio/10-tsrunc.conf'],
  ['Kubernetes', 'yaml', 'kubernetes/runtimeclass.yaml'],
])('docs/clients.md shows for %s what is in packaging/', (section, language, file) => {
  const text = fs.readFileSync(path.join(ROOT, 'packaging', file), 'utf8');
  // Without the lines in front that say where the file belongs.
  expect(documented(section, language)).toEqual([text.replace(/^(#.*\n)+/, '')]);
});

test('the commands of clients in the README are those that docs/clients.md has, which are run', () => {
  const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const commands = readme.match(/^(docker|podman|ctr) .* run .*$|^(docker|ctr) run .*$/gm) ?? [];
  expect(commands).toHaveLength(3);
  const run = ['Docker', 'podman', 'containerd'].flatMap((section) => documented(section, 'sh').join('').split('\n'));
  expect(run).toEqual(expect.arrayContaining([...commands]));
});

inFull('the packages hold what runs', () => {
  make('package');
  const packages = path.join(ROOT, 'build/packages');
  const named = (pattern: RegExp) =>
    path.join(packages, fs.readdirSync(packages).find((name) => pattern.test(name)) ?? '');
  const target = box.scratch();

  execFileSync('tar', ['-xzf', named(/^tsrunc-[\d.]+-linux-x64\.tar\.gz$/), '-C', target, '--strip-components=1']);
  expect(version(path.join(target, 'bin/tsrunc'))).toMatch(/^tsrunc version \d/);

  const npm = ['install', '--global', '--offline', '--prefix', path.join(target, 'npm'), named(/^tsrunc-[\d.]+\.tgz$/)];
  execFileSync('npm', npm, { stdio: 'pipe' });
  expect(version(path.join(target, 'npm/bin/tsrunc'))).toMatch(/^tsrunc version \d/);

  if (which('dpkg-deb') === undefined) return;
  const deb = named(/^tsrunc_.*\.deb$/);
  execFileSync('dpkg-deb', ['--extract', deb, path.join(target, 'deb')]);
  expect(version(path.join(target, 'deb/usr/bin/tsrunc'))).toMatch(/^tsrunc version \d/);
  const { stdout } = spawnSync('dpkg-deb', ['--field', deb, 'Depends', 'Recommends'], { encoding: 'utf8' });
  expect(stdout).toMatch(/\nRecommends: libseccomp2, uidmap\n/);
  for (const library of neededLibraries()) expect(stdout).toContain(PACKAGES[library] ?? `a package for ${library}`);
});

(fs.existsSync(path.join(ROOT, 'bin/tsrunc-lean')) ? inFull : test.skip)(
  'the packages of the lean edition, too',
  () => {
    make('package');
    const packages = path.join(ROOT, 'build/packages');
    const named = (end: string) =>
      path.join(
        packages,
        fs.readdirSync(packages).find((name) => /^tsrunc-lean/.test(name) && name.endsWith(end)) ?? '',
      );
    const target = box.scratch();
    execFileSync('tar', ['-xzf', named('.tar.gz'), '-C', target, '--strip-components=1']);
    expect(version(path.join(target, 'bin/tsrunc'))).toMatch(/^tsrunc version \d/);
    if (which('dpkg-deb') === undefined) return;
    execFileSync('dpkg-deb', ['--extract', named('.deb'), path.join(target, 'deb')]);
    expect(version(path.join(target, 'deb/usr/bin/tsrunc'))).toMatch(/^tsrunc version \d/);
    const { stdout } = spawnSync('dpkg-deb', ['--field', named('.deb'), 'Depends', 'Conflicts'], { encoding: 'utf8' });
    expect(stdout).toBe('Conflicts: tsrunc\n');
  },
);

/** Debian's package of each library that the executable is linked with. */
const PACKAGES: Readonly<Record<string, string>> = {
  'ld-linux-x86-64.so.2': 'libc6',
  'libc.so.6': 'libc6',
  'libdl.so.2': 'libc6',
  'libgcc_s.so.1': 'libgcc-s1',
  'libm.so.6': 'libc6',
  'libpthread.so.0': 'libc6',
  'libstdc++.so.6': 'libstdc++6',
};

/** Without binutils none are known. */
function neededLibraries(): string[] {
  const { stdout } = spawnSync('objdump', ['-p', path.join(ROOT, 'bin/tsrunc')], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/NEEDED +(\S+)/g)].map(([, library = '']) => library);
}
