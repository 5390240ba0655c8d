import * as fs from 'node:fs';
import * as path from 'node:path';
import { slurp } from '../../integration/support/host.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { user } from '../../integration/support/user.ts';
import { until } from '../../integration/support/wait.ts';

/** An unprivileged user to whom a part of the hierarchy was given, as systemd's `Delegate=` does it. */
const box = sandbox('rootless');
const UID = 47_001;
const ROOT = '/sys/fs/cgroup';
const delegated = path.join(ROOT, box.name);
const session = path.join(delegated, 'session');

/** Takes it back when `work` is through, as the sandbox demands that nothing is left. */
async function withDelegation(work: () => Promise<void>): Promise<void> {
  fs.mkdirSync(box.root);
  fs.chmodSync(box.root, 0o1777);
  fs.writeFileSync(path.join(ROOT, 'cgroup.subtree_control'), '+memory +pids');
  for (const directory of [delegated, session]) {
    fs.mkdirSync(directory);
    for (const file of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'])
      fs.chownSync(path.join(directory, file), UID, UID);
  }
  try {
    await work();
  } finally {
    await until('the callers are gone', () => slurp(`${session}/cgroup.procs`) === '', 5);
    for (const directory of [session, delegated]) fs.rmdirSync(directory);
  }
}

test('limits that a user without privileges sets in a delegated cgroup are felt', () =>
  withDelegation(async () => {
    const one = [{ containerID: 0, hostID: UID, size: 1 }];
    const container = box.create({
      user: user(box, { uid: UID, before: `echo $$ > ${session}/cgroup.procs` }),
      script: `dd if=/dev/zero of=/dev/shm/eaten bs=1M count=48; echo dd says $?
      rm /dev/shm/eaten; for i in 1 2 3 4 5 6; do sleep 100 & done; echo not reached`,
      patch: {
        '/mounts/2/options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
        '/mounts/6': undefined,
        '/linux/namespaces/-': [{ type: 'user' }],
        '/linux/uidMappings': one,
        '/linux/gidMappings': one,
        '/linux/resources': { pids: { limit: 5 }, memory: { limit: 32 << 20, swap: 32 << 20 } },
      },
    });
    const own = path.join(delegated, container.id);
    expect(slurp(`/proc/${container.pid}/cgroup`)).toBe(`0::/${box.name}/${container.id}\n`);
    expect([slurp(`${own}/memory.max`), slurp(`${own}/pids.max`)]).toEqual(['33554432\n', '5\n']);
    expect(fs.statSync(own).uid).toBe(UID);
    container.start();
    expect(await container.stopped()).toBe('dd says 137\n');
    expect(slurp(`${own}/pids.events`)).toMatch(/^max [1-9]/);
    container.delete();
    expect(fs.existsSync(own)).toBe(false);
  }));
