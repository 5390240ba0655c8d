import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { realCriu } from './checkpoint/real-criu.ts';
import { isAlive, linkOf, mounts, slurp } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { invoke, isTsrunc, ok, REFERENCE, RUNTIME, type RunOptions, refused } from './support/runtime.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';
import { atTerminal, Receiver, Screen } from './support/terminal.ts';
import { pause, until } from './support/wait.ts';

/** Real processes, saved and brought back. */

/** runc's containers cannot be saved with streams that are files. */
const NOWHERE: StdioOptions = ['ignore', 'ignore', 'ignore'];

const criu = realCriu();
const found = 'directory' in criu;
const title = found ? 'with criu' : `with criu (skipped: ${criu.reason})`;
const withCriu = found ? describe : describe.skip;

withCriu(title, () => {
  const box = sandbox('criu');
  const PATH = `${found ? criu.directory : ''}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const caller: RunOptions = { env: { PATH }, timeout: 60 };

  /**
   * A program that counts, in memory, and says where it is in the target of a link. What it held open when it was
   * saved must not have changed when it is restored, and a file that it writes does change if it goes on meanwhile.
   */
  const counting = 'i=0; while :; do i=$((i + 1)); ln -sfn $i /count; sleep 0.02; done';
  const cgroupNamespace: Patch = { '/linux/namespaces/-': [{ type: 'cgroup' }] };

  interface Counting {
    readonly id: string;
    readonly bundle: string;
    count(): number;
  }

  function begin(patch: Patch = {}, script = counting, runtime: RunOptions = {}): Counting {
    const bundle = box.bundle({ script, ownRootfs: true, patch: { '/root/readonly': false, ...patch } });
    const container = box.create({ bundle, stdio: NOWHERE, ...runtime }).start();
    return { id: container.id, bundle, count: counterOf(bundle) };
  }

  /** There is no link for a moment whenever it is replaced: what it said last, then. */
  function counterOf(bundle: string): () => number {
    let last = 0;
    return () => {
      last = Number(linkOf(path.join(bundle, 'rootfs/count')) || last);
      return last;
    };
  }

  const images = (): string => path.join(box.scratch(), 'images');
  const checkpoint = (id: string, to: string, flags: readonly string[] = [], options: RunOptions = {}) =>
    box.runtime(['checkpoint', '--image-path', to, ...flags, id], { ...caller, ...options });
  const restore = (id: string, from: string, bundle: string, flags: readonly string[] = [], options: RunOptions = {}) =>
    box.runtime(['restore', '-d', '--image-path', from, '--bundle', bundle, ...flags, id], { ...caller, ...options });
  const state = (id: string): { status: string; pid: number } => JSON.parse(ok(box.runtime(['state', id])).stdout);
  const remove = (id: string, options: RunOptions = {}): void =>
    void ok(box.runtime(['delete', '--force', id], options));

  /** It goes on, and not from the beginning. */
  async function goesOn({ count }: Counting, from: number): Promise<void> {
    await until('it counts on', () => count() > from);
  }

  test('what is run later in a restored container is under its seccomp profile', async () => {
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_ERRNO' }] };
    const counter = begin({ ...cgroupNamespace, '/linux/seccomp': seccomp });
    const { id, bundle } = counter;
    await until('it counts', () => counter.count() > 5);
    const to = images();
    ok(checkpoint(id, to));
    remove(id);
    const restored = box.id();
    ok(restore(restored, to, bundle));
    expect(ok(box.runtime(['exec', restored, 'grep', 'Seccomp:', '/proc/self/status'])).stdout).toMatch(/2$/m);
    remove(restored);
  });

  test('a container goes on where it was, and every command works on it', async () => {
    const counter = begin(cgroupNamespace);
    const { id, bundle } = counter;
    await until('it counts', () => counter.count() > 10);
    const to = images();
    ok(checkpoint(id, to));
    const saved = counter.count();
    await box.clean(id);
    await pause(100);
    expect(counter.count()).toBe(saved);

    ok(restore(id, to, bundle));
    await goesOn(counter, saved);
    const { status, pid } = state(id);
    expect(status).toBe('running');
    expect(slurp(`/proc/${pid}/cgroup`)).toContain(`/${id}`);
    const look = 'echo $(cat /proc/1/comm) $(id -u) lo $(cat /sys/class/net/lo/flags)';
    // Runc leaves the loopback interface down.
    const up = isTsrunc ? '0x9' : '0x8';
    expect(ok(box.runtime(['exec', id, 'sh', '-c', look])).stdout).toBe(`sh 0 lo ${up}\n`);
    ok(box.runtime(['pause', id]));
    expect(state(id).status).toBe('paused');
    ok(box.runtime(['resume', id]));
    ok(box.runtime(['kill', id, 'KILL']));
    await until('it has ended', () => !isAlive(pid));
    ok(box.runtime(['delete', id]));
    await box.clean(id);
  });

  test('again and again', async () => {
    const counter = begin();
    await until('it counts', () => counter.count() > 1);
    for (let round = 0; round < 4; round++) {
      const to = images();
      ok(checkpoint(counter.id, to));
      const saved = counter.count();
      ok(restore(counter.id, to, counter.bundle));
      await goesOn(counter, saved);
    }
    remove(counter.id);
    await box.clean(counter.id);
  });

  test('--leave-running lets it go on, and what was saved can be had a second time', async () => {
    const counter = begin();
    await until('it counts', () => counter.count() > 5);
    const to = images();
    const saved = counter.count();
    ok(checkpoint(counter.id, to, ['--leave-running']));
    await goesOn(counter, saved + 20);
    expect(state(counter.id).status).toBe('running');
    remove(counter.id);
    const second = box.id();
    const before = counter.count();
    ok(restore(second, to, counter.bundle));
    await until('it counts from what was saved', () => counter.count() < before);
    expect(counter.count()).toBeGreaterThanOrEqual(saved);
    remove(second);
  });

  test('a paused container is saved, and runs when it is back', async () => {
    const counter = begin();
    await until('it counts', () => counter.count() > 1);
    ok(box.runtime(['pause', counter.id]));
    const saved = counter.count();
    const to = images();
    ok(checkpoint(counter.id, to));
    ok(restore(counter.id, to, counter.bundle));
    await goesOn(counter, saved);
    expect(state(counter.id).status).toBe('running');
    remove(counter.id);
  });

  const tracksMemory =
    found && spawnSync(path.join(criu.directory, 'criu'), ['check', '--feature', 'mem_dirty_track']).status === 0;

  (tracksMemory ? test : test.skip)(
    `a pre-dump is the parent of what follows${tracksMemory ? '' : ' (skipped: the kernel does not track memory)'}`,
    async () => {
      const counter = begin();
      await until('it counts', () => counter.count() > 1);
      const series = box.scratch();
      ok(checkpoint(counter.id, `${series}/0`, ['--pre-dump']));
      expect(state(counter.id).status).toBe('running');
      ok(checkpoint(counter.id, `${series}/1`, ['--parent-path', '../0']));
      const saved = counter.count();
      ok(restore(counter.id, `${series}/1`, counter.bundle));
      await goesOn(counter, saved);
      remove(counter.id);
    },
  );

  if (found && !tracksMemory && isTsrunc) {
    test('a pre-dump says that the kernel does not track memory, and the container goes on', async () => {
      const counter = begin();
      refused(checkpoint(counter.id, images(), ['--pre-dump']), 'it is missing the feature mem_track');
      await goesOn(counter, counter.count());
      remove(counter.id);
    });
  }

  // Runc 1.1 does not know the last one.
  test.each(isTsrunc ? ['soft', 'ignore'] : ['soft'])(
    'under another ID, with cgroups %s, it has that one’s cgroup',
    async (mode) => {
      const counter = begin(cgroupNamespace);
      await until('it counts', () => counter.count() > 1);
      const to = images();
      ok(checkpoint(counter.id, to, ['--manage-cgroups-mode', mode]));
      const saved = counter.count();
      const other = box.id();
      ok(restore(other, to, counter.bundle, ['--manage-cgroups-mode', mode]));
      await goesOn(counter, saved);
      const { pid } = state(other);
      if (isTsrunc) {
        expect(
          /^0::(.*)$/m
            .exec(slurp(`/proc/${pid}/cgroup`))?.[1]
            ?.split('/')
            .at(-1),
        ).toBe(other);
        expect(linkOf(`/proc/${pid}/ns/cgroup`)).not.toBe(linkOf('/proc/self/ns/cgroup'));
        const shown = mounts(pid).filter(({ type }) => type === 'cgroup2');
        expect(shown.map(({ root }) => root.split('/').at(-1))).toEqual([other]);
      }
      remove(other);
    },
  );

  test('bind mounts, masks and tmpfs come back', async () => {
    const source = box.scratch();
    fs.writeFileSync(path.join(source, 'file'), 'of the host');
    const script = `echo mine > /dev/shm/own; ${counting}`;
    const counter = begin({ '/mounts/-': [{ destination: '/mnt', source, options: ['bind', 'ro'] }] }, script);
    await until('it counts', () => counter.count() > 1);
    const look = 'cat /mnt/file /dev/shm/own; wc -c < /proc/timer_list; ls /proc/scsi; echo no > /mnt/file';
    const before = box.runtime(['exec', counter.id, 'sh', '-c', look]);
    const to = images();
    ok(checkpoint(counter.id, to));
    ok(restore(counter.id, to, counter.bundle));
    const after = box.runtime(['exec', counter.id, 'sh', '-c', look]);
    expect([after.stdout, after.status]).toEqual([before.stdout, before.status]);
    expect(after.stdout).toContain('of the hostmine\n');
    remove(counter.id);
  });

  test('a container with a user namespace comes back, if its root can search the directory of the images', async () => {
    const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    const bundle = box.bundle({
      script: counting,
      ownRootfs: true,
      patch: {
        ...{ '/root/readonly': false, '/linux/namespaces/-': [{ type: 'user' }] },
        ...{ '/linux/uidMappings': ids, '/linux/gidMappings': ids },
      },
    });
    const counter: Counting = { id: box.id(), bundle, count: counterOf(bundle) };
    fs.chownSync(path.join(bundle, 'rootfs'), 100_000, 100_000);
    box.create({ bundle, id: counter.id, stdio: NOWHERE }).start();
    await until('it counts', () => counter.count() > 1);
    const to = images();
    fs.mkdirSync(to, { mode: 0o711 });
    ok(checkpoint(counter.id, to));
    const saved = counter.count();
    ok(restore(counter.id, to, bundle));
    await goesOn(counter, saved);
    expect(
      slurp(`/proc/${state(counter.id).pid}/uid_map`)
        .trim()
        .split(/\s+/),
    ).toEqual(['0', '100000', '65536']);
    expect(ok(box.runtime(['exec', counter.id, 'id', '-u'])).stdout).toBe('0\n');
    remove(counter.id);
  });

  test('what was a pipe is the stream of who restores it', async () => {
    const config = box.bundle({ script: 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done' });
    const id = box.id();
    const first = path.join(box.scratch(), 'first');
    const second = path.join(box.scratch(), 'second');
    const piped = (words: readonly string[], file: string): void => {
      const line = `"$0" "$@" </dev/null 2>&1 | (exec cat > ${file}) &`;
      spawnSync('sh', ['-c', line, RUNTIME, '--root', box.root, ...words], {
        ...{ env: { PATH }, stdio: 'ignore', timeout: 20_000 },
      });
    };
    piped(['run', '-d', '--bundle', config, id], first);
    await until('it writes', () => slurp(first).includes('\n3\n'));
    const to = images();
    ok(checkpoint(id, to));
    const last = Number(slurp(first).trim().split('\n').at(-1));
    piped(['restore', '-d', '--image-path', to, '--bundle', config, id], second);
    await until('it writes on', () => slurp(second).split('\n').length > 3);
    expect(Number(slurp(second).split('\n')[0])).toBe(last + 1);
    remove(id);
  });

  test('a container comes back below a state root on a shared mount, reached by a symbolic link; no mount stays', async () => {
    const shared = box.scratch();
    const root = path.join(box.scratch(), 'link');
    fs.symlinkSync(path.join(shared, 'state'), root);
    for (const words of [['-t', 'tmpfs', 'tmpfs'], ['--make-shared']]) execFileSync('mount', [...words, shared]);
    try {
      fs.mkdirSync(path.join(shared, 'state'));
      const counter = begin();
      await until('it counts', () => counter.count() > 1);
      const to = images();
      ok(checkpoint(counter.id, to));
      const saved = counter.count();
      const onHost = mounts().length;
      const there = (...words: string[]) => invoke(['--root', root, ...words, counter.id], box.io(), caller);
      ok(there('restore', '-d', '--image-path', to, '--bundle', counter.bundle));
      await goesOn(counter, saved);
      expect(mounts()).toHaveLength(onHost);
      ok(there('delete', '--force'));
    } finally {
      execFileSync('umount', [shared]);
    }
  });

  test('a rootfs on a shared mount, as Docker has it, is its slave again; what is mounted in it is not seen there', async () => {
    const bundle = box.bundle({ script: counting, ownRootfs: true, patch: { '/root/readonly': false } });
    const rootfs = path.join(bundle, 'rootfs');
    for (const words of [['--bind', rootfs], ['--make-shared']]) execFileSync('mount', [...words, rootfs]);
    try {
      const counter: Counting = { id: box.id(), bundle, count: counterOf(bundle) };
      box.create({ bundle, id: counter.id, stdio: NOWHERE }).start();
      await until('it counts', () => counter.count() > 1);
      const rootOf = () => mounts(state(counter.id).pid).find(({ target }) => target === '/')?.propagation;
      const [before, onHost] = [rootOf(), mounts().length];
      expect(before).toEqual([expect.stringMatching(/^master:/)]);
      const to = images();
      ok(checkpoint(counter.id, to));
      const saved = counter.count();
      ok(restore(counter.id, to, bundle));
      await goesOn(counter, saved);
      expect(rootOf()).toEqual(before);
      expect(mounts()).toHaveLength(onHost);
      remove(counter.id);
    } finally {
      execFileSync('umount', [rootfs]);
    }
  });

  test('in the foreground the exit status is that of the program', async () => {
    const counter = begin({}, `trap 'exit 7' TERM; ${counting}`);
    await until('it counts', () => counter.count() > 1);
    const to = images();
    ok(checkpoint(counter.id, to));
    const saved = counter.count();
    const words = ['restore', '--image-path', to, '--bundle', counter.bundle, counter.id];
    const call = box.begin(words, caller);
    await goesOn(counter, saved);
    ok(box.runtime(['kill', counter.id, 'TERM']));
    expect((await call.done).status).toBe(7);
    await box.clean(counter.id);
  });

  test('a terminal arrives at the console socket, and is the container’s still', async () => {
    const script = 'i=0; while read line; do i=$((i + 1)); echo "$line $i"; done';
    const bundle = box.bundle({ script, patch: { '/process/terminal': true } });
    const { id, screen } = withTerminal(box, (socket) => {
      const made = box.create({ bundle, flags: ['--console-socket', socket] });
      return made.start().id;
    });
    screen.type('hello\n');
    await screen.shows('hello 1');
    const to = images();
    ok(checkpoint(id, to));
    screen.close();
    const again = withTerminal(box, (socket) => {
      ok(restore(id, to, bundle, ['--console-socket', socket]));
      return id;
    });
    again.screen.type('welcome\n');
    await again.screen.shows('welcome 2');
    again.screen.close();
    remove(id);
  });

  if (isTsrunc) {
    test('in the foreground a terminal is the caller’s, and is as it was afterwards', async () => {
      const script = 'i=0; while read line; do i=$((i + 1)); echo "$line $i"; [ "$line" = end ] && exit 5; done';
      const bundle = box.bundle({ script, patch: { '/process/terminal': true } });
      const { id, screen } = withTerminal(box, (socket) => {
        const made = box.create({ bundle, flags: ['--console-socket', socket] });
        return made.start().id;
      });
      screen.type('hello\n');
      await screen.shows('hello 1');
      const to = images();
      ok(checkpoint(id, to));
      screen.close();
      const words = ['--root', box.root, 'restore', '--image-path', to, '--bundle', bundle, id];
      const session = atTerminal(words, { env: { PATH } });
      const { modes } = session.screen;
      await until('it runs', () => box.runtime(['state', id]).stdout.includes('running'));
      session.screen.type('end\r');
      await session.screen.shows('end 2');
      expect(await session.done).toBe(5);
      expect(session.screen.modes).toBe(modes);
      session.screen.close();
      await box.clean(id);
    });

    test('what was a file of the host is the stream of who restores it', async () => {
      const [first, second] = ['first', 'second'].map((name) => path.join(box.scratch(), name));
      const script = 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done';
      const bundle = box.bundle({ script });
      const streams = (file = ''): RunOptions => ({ stdio: ['ignore', fs.openSync(file, 'a'), 'ignore'] });
      const { id } = box.create({ bundle, ...streams(first) }).start();
      await until('it writes', () => slurp(first ?? '').includes('\n3\n'));
      const to = images();
      ok(checkpoint(id, to));
      const last = Number(
        slurp(first ?? '')
          .trim()
          .split('\n')
          .at(-1),
      );
      ok(restore(id, to, bundle, [], streams(second)));
      await until('it writes on', () => slurp(second ?? '').split('\n').length > 3);
      expect(Number(slurp(second ?? '').split('\n')[0])).toBe(last + 1);
      remove(id);
    });
  }

  test('what cannot be saved is said in criu’s words, and the container goes on', async () => {
    const script = `exec 3> /big; head -c 3000000 /dev/zero >&3; rm /big; ${counting}`;
    const counter = begin({}, script);
    await until('it counts', () => counter.count() > 1);
    const outcome = checkpoint(counter.id, images());
    expect(outcome.status).toBe(1);
    if (isTsrunc) refused(outcome, /criu dump failed: .*Can't dump ghost file .* of \d+ size.*; its log is /);
    await goesOn(counter, counter.count());
    remove(counter.id);
  });

  const besideRunc = isTsrunc && REFERENCE !== undefined ? test : test.skip;
  const runc: RunOptions = { runtime: REFERENCE ?? '' };
  const ignored = ['--manage-cgroups-mode', 'ignore'];
  /** What runc mounts for it depends on the machine. */
  const noCgroups: Patch = { '/mounts/6': undefined };

  besideRunc('runc’s images are restored', async () => {
    const counter = begin(noCgroups, counting, runc);
    await until('it counts', () => counter.count() > 1);
    const to = images();
    ok(checkpoint(counter.id, to, [], runc));
    const saved = counter.count();
    ok(restore(counter.id, to, counter.bundle, ignored));
    await goesOn(counter, saved);
    remove(counter.id);
  });

  besideRunc('runc restores ours', async () => {
    const counter = begin(noCgroups);
    await until('it counts', () => counter.count() > 1);
    const to = images();
    ok(checkpoint(counter.id, to));
    const saved = counter.count();
    ok(restore(counter.id, to, counter.bundle, [], { ...runc, stdio: NOWHERE }));
    await goesOn(counter, saved);
    remove(counter.id, runc);
  });
});

function withTerminal(box: Sandbox, make: (socket: string) => string): { id: string; screen: Screen } {
  const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
  try {
    const id = make(receiver.path);
    return { id, screen: new Screen(receiver.take().fd) };
  } finally {
    receiver.close();
  }
}
