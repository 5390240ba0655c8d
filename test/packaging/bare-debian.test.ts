import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isTsrunc, RUNTIME } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';

/**
 * The executable alone on a Debian with nothing on it, not even a package of ours: what it needs of the machine is its
 * C and C++ libraries. The Debian is what clean-debian.test.ts has left; without that this is skipped.
 */
const box = sandbox('bare');
const debian = path.join(os.tmpdir(), 'tsrunc-debian-bookworm');
const there = isTsrunc && fs.existsSync(debian) ? test : test.skip;

jest.setTimeout(120_000);

/** What `script` writes there, with the executable in /packages. */
function onBareDebian(script: string) {
  const packages = box.scratch();
  fs.copyFileSync(RUNTIME, path.join(packages, 'tsrunc'));
  const command = [path.join(__dirname, 'clean-debian.sh'), debian, packages, '', 'sh', '-c', `set -e\n${script}`];
  const { status, stdout, stderr } = spawnSync('bash', command, { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

there('it is linked with glibc, libstdc++ and libgcc, and nothing else', () => {
  const { stdout } = onBareDebian('ldd /packages/tsrunc');
  const names = [...stdout.matchAll(/^\s+(?:\/\S+\/)?(\S+?\.so\.\d+)/gm)].map(([, name = '']) => name);
  const glibc = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libc.so.6', 'ld-linux-x86-64.so.2'];
  const gcc = ['libstdc++.so.6', 'libgcc_s.so.1'];
  expect(names.length).toBeGreaterThan(5);
  expect(
    names.filter((name) => ![...glibc, ...gcc, 'linux-vdso.so.1', 'ld-linux-aarch64.so.1'].includes(name)),
  ).toEqual([]);
});

there('a container runs where there is no Node', () => {
  const script = `
    ! command -v node
    mkdir -p /tmp/b/rootfs && cd /tmp/b
    cp -L --parents /bin/sh /bin/uname $(ldd /bin/sh /bin/uname | grep -o '/lib[^ ]*' | sort -u) rootfs
    /packages/tsrunc spec
    sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sh", "-c", "uname -n; exit 7"/' config.json
    /packages/tsrunc run ${box.id()} && status=0 || status=$?
    echo "status $status"`;
  expect(onBareDebian(script)).toEqual({ status: 0, stdout: 'tsrunc\nstatus 7\n', stderr: '' });
});
