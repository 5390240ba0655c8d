import { spawnSync } from 'node:child_process';
import { RUNTIME } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

/** The sysctl belongs to a PID namespace: each test has one of its own. */
const box = sandbox('memfd');
const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c'];
const possible = spawnSync('unshare', [...namespace, 'echo 2 > /proc/sys/vm/memfd_noexec']).status === 0;
const reason = possible ? '' : ' (skipped: no PID namespace with a memfd_noexec of its own here)';
const there = possible ? test : test.skip;

/** 1: memfds are not executable unless asked for. 2: none is, whoever asks. */
there.each([0, 1, 2])(`with vm.memfd_noexec=%d containers run, and are made, entered and deleted${reason}`, (value) => {
  const bundle = box.bundle({ script: 'echo from the container; exec sleep 100' });
  const ends = box.bundle({ script: 'echo from the container' });
  const id = box.id();
  const script = `
    set -e
    echo ${value} > /proc/sys/vm/memfd_noexec
    tsrunc() { ${RUNTIME} --root ${box.scratch()} "$@"; }
    tsrunc run --bundle ${ends} ${box.id()}
    tsrunc create --bundle ${bundle} ${id} < /dev/null > /dev/null
    tsrunc start ${id}
    tsrunc exec ${id} echo entered
    tsrunc delete --force ${id}`;
  const { status, stdout, stderr } = spawnSync('unshare', [...namespace, script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect([stdout, stderr, status]).toEqual(['from the container\nentered\n', '', 0]);
});
