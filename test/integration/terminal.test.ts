import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive, linkOf, slurp } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { invoke, isTsrunc, ok, REFERENCE, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { type CreateOptions, sandbox } from './support/sandbox.ts';
import { keys, Receiver, Screen } from './support/terminal.ts';
import { until } from './support/wait.ts';

const box = sandbox('terminal');

const withTerminal = (patch: Patch = {}): Patch => ({ '/process/terminal': true, ...patch });

/** A container whose terminal arrived at a console socket. */
function createWith(options: CreateOptions, socket = path.join(box.scratch(), 'console.sock')) {
  const receiver = new Receiver(socket);
  try {
    const container = box.create({
      ...options,
      patch: withTerminal(options.patch),
      flags: ['--console-socket', receiver.path],
    });
    const { text, fd, ended } = receiver.take();
    return { container, name: text, ended, screen: new Screen(fd) };
  } finally {
    receiver.close();
  }
}

describe('a console socket', () => {
  test('gets the master, one descriptor in one message, and then the end', async () => {
    const { container, screen, name, ended } = createWith({ script: 'read line; echo "got $line"' });
    expect([name, ended]).toEqual(['/dev/ptmx', true]);
    container.start();
    screen.type('something\n');
    await screen.shows('something\r\ngot something\r\n');
    await container.stopped();
    screen.close();
  });

  testTsrunc('may have a path that is longer than an address', () => {
    const directory = path.join(box.scratch(), 'x'.repeat(100), 'y'.repeat(100));
    fs.mkdirSync(directory, { recursive: true });
    const { container, screen } = createWith({ script: 'true' }, path.join(directory, 'console.sock'));
    container.delete();
    screen.close();
  });

  test('works for run --detach', async () => {
    const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
    const id = box.id();
    ok(
      box.run({
        id,
        script: 'tty; echo done',
        patch: withTerminal(),
        flags: ['-d', '--console-socket', receiver.path],
      }),
    );
    const screen = new Screen(receiver.take().fd);
    await screen.shows('done');
    screen.close();
    receiver.close();
    ok(box.runtime(['delete', '--force', id]));
  });

  test('that is not there fails the create, and nothing is left', async () => {
    const id = box.id();
    const { created } = box.tryCreate({ id, patch: withTerminal(), flags: ['--console-socket', '/nonexistent/sock'] });
    refused(created, /no such file or directory/);
    await box.clean(id);
  });

  test('that nobody listens at fails the create', async () => {
    const id = box.id();
    const file = path.join(box.scratch(), 'file');
    fs.writeFileSync(file, '');
    refused(
      box.tryCreate({ id, patch: withTerminal(), flags: ['--console-socket', file] }).created,
      'connection refused',
    );
    await box.clean(id);
  });
});

describe('the terminal', () => {
  const look = [
    'tty',
    'stat -c "%F %t:%T %u:%g %a" /dev/console "$(tty)"',
    'for fd in 0 1 2; do readlink /proc/self/fd/$fd; done',
    'cat /proc/self/stat | (read pid name state parent group session tty rest; echo "controlling $tty")',
    'stty -a',
    'echo done',
  ].join('; ');

  async function looked(patch: Patch = {}, script = look): Promise<string> {
    const { container, screen } = createWith({ script, patch });
    container.start();
    await screen.shows('done\r\n');
    await container.stopped();
    const shown = screen.shown();
    screen.close();
    return shown;
  }

  test('is the first of the container’s own devpts, on all streams, on /dev/console, and in control', async () => {
    const shown = (await looked()).split('\r\n');
    expect(shown.slice(0, 6)).toEqual([
      '/dev/pts/0',
      'character special file 88:0 0:5 620',
      'character special file 88:0 0:5 620',
      ...Array.from({ length: 3 }, () => '/dev/pts/0'),
    ]);
    expect(shown[6]).toBe(`controlling ${136 << 8}`);
  });

  test('belongs to the user of the container', async () => {
    expect(await looked({ '/process/user': { uid: 1000, gid: 1000 } })).toContain('88:0 1000:5 620');
  });

  test('has its size', async () => {
    const size = { '/process/consoleSize': { height: 41, width: 133 } };
    expect(await looked(size, 'stty size; echo done')).toContain('41 133\r\n');
  });

  test('has no size by half of one', async () => {
    const size = { '/process/consoleSize': { height: 0, width: 133 } };
    const { container, screen } = createWith({ script: 'true', patch: size });
    expect(screen.size).toEqual({ rows: 0, columns: 0 });
    screen.close();
    container.delete();
  });

  test('is there with a root that can be written, and in a user namespace', async () => {
    const mapping = [{ containerID: 0, hostID: 100000, size: 65536 }];
    const shown = await looked({
      '/root/readonly': false,
      '/linux/namespaces': ['pid', 'network', 'ipc', 'uts', 'mount', 'user'].map((type) => ({ type })),
      '/linux/uidMappings': mapping,
      '/linux/gidMappings': mapping,
      '/process/user': { uid: 7, gid: 7 },
      '/mounts/5': { destination: '/mnt', type: 'tmpfs', source: 'tmpfs' },
      '/mounts/6': { destination: '/srv', type: 'tmpfs', source: 'tmpfs' },
    });
    expect(shown).toContain('88:0 7:5 620');
  });

  test('is there when /dev is a directory of a read-only rootfs', async () => {
    const bundle = box.bundle({ ownRootfs: true, script: look, patch: withTerminal(withoutDev()) });
    fs.mkdirSync(path.join(bundle, 'rootfs/dev/pts'));
    const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
    const container = box.create({ bundle, flags: ['--console-socket', receiver.path] }).start();
    const screen = new Screen(receiver.take().fd);
    await screen.shows('done');
    expect(screen.shown()).toContain('88:0 0:5 620');
    screen.close();
    receiver.close();
    await container.stopped();
  });

  test('interrupts by ^C and ends input by ^D', async () => {
    const loop = 'trap "echo interrupted; exit 0" INT; echo ready; while :; do sleep 0.05; done';
    const { container, screen } = createWith({
      script: `trap : INT; sh -c '${loop}'; echo next; cat; echo "cat ended"`,
    });
    container.start();
    await screen.shows('ready');
    screen.type(keys.interrupt);
    await screen.shows('interrupted\r\nnext\r\n');
    screen.type(`word\n${keys.end}`);
    await screen.shows('cat ended');
    await container.stopped();
    screen.close();
  });

  test('hangs up when its receiver goes away', async () => {
    const { container, screen } = createWith({ script: 'trap "exit 3" HUP; echo ready; while :; do read x; done' });
    const { pid } = container.start();
    await screen.shows('ready');
    screen.close();
    await until('the container has ended', () => !isAlive(pid));
  });

  test('no descriptor of it but the streams is left in a created init', () => {
    const { container, screen } = createWith({ script: 'true' });
    const links = fs.readdirSync(`/proc/${container.pid}/fd`).map((fd) => linkOf(`/proc/${container.pid}/fd/${fd}`));
    expect(links.filter((link) => /pts|ptmx/.test(link)).sort()).toEqual(
      // What waits for start is the runtime's own business.
      isTsrunc ? ['/dev/pts/0', '/dev/pts/0', '/dev/pts/0'] : expect.anything(),
    );
    container.delete();
    screen.close();
  });

  test.each([
    ['dangling', 'nowhere'],
    ['into the container', '/etc/passwd'],
    ['out of the container', `${'../'.repeat(12)}etc/hostname`],
  ])('/dev/console may not be a symbolic link: %s', async (_, target) => {
    const bundle = box.bundle({ ownRootfs: true, script: 'true', patch: withTerminal(withoutDev()) });
    fs.mkdirSync(path.join(bundle, 'rootfs/dev/pts'));
    fs.symlinkSync(target, path.join(bundle, 'rootfs/dev/console'));
    const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
    const { created } = box.tryCreate({ bundle, flags: ['--console-socket', receiver.path] });
    receiver.close();
    if (isTsrunc) refused(created, '/dev/console in the rootfs is neither a file nor a character device');
    expect(fs.existsSync(path.join(bundle, 'rootfs/dev/nowhere'))).toBe(!isTsrunc && target === 'nowhere');
  });

  testTsrunc('is refused where /dev/pts is no devpts, in words that say so', async () => {
    const id = box.id();
    const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
    const patch = withTerminal({ '/mounts/2': { destination: '/dev/pts', type: 'tmpfs', source: 'tmpfs' } });
    const { created } = box.tryCreate({ id, patch, flags: ['--console-socket', receiver.path] });
    receiver.close();
    refused(created, 'a terminal needs a mount of type devpts there');
    await box.clean(id);
  });

  testTsrunc('is refused where something is mounted on the multiplexer', async () => {
    const id = box.id();
    const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
    const cover = { destination: '/dev/pts/ptmx', type: 'bind', source: '/dev/null', options: ['bind'] };
    const { created } = box.tryCreate({
      id,
      patch: withTerminal({ '/mounts/3': cover }),
      flags: ['--console-socket', receiver.path],
    });
    receiver.close();
    refused(created, /openat2.*ptmx/);
    await box.clean(id);
  });
});

describe('beside runc', () => {
  const compare = isTsrunc && REFERENCE ? test : test.skip;
  compare('a terminal looks the same', async () => {
    const shown: string[] = [];
    for (const runtime of [RUNTIME, REFERENCE ?? '']) {
      const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
      const script =
        'tty; stat -c "%F %t:%T %u:%g %a" /dev/console /dev/pts/*; stty -a; grep pts /proc/mounts; echo done';
      const size = { '/process/consoleSize': { height: 41, width: 133 }, '/process/user': { uid: 5, gid: 6 } };
      const bundle = box.bundle({ script, patch: withTerminal(size) });
      const id = box.id();
      const call = (...args: string[]) => ok(invoke(['--root', box.root, ...args], box.io(), { runtime }));
      call('run', '-d', '--bundle', bundle, '--console-socket', receiver.path, id);
      const screen = new Screen(receiver.take().fd);
      await screen.shows('done');
      shown.push(screen.shown());
      screen.close();
      receiver.close();
      call('delete', '--force', id);
    }
    expect(shown[0]).toBe(shown[1]);
  });
});

describe('what is refused', () => {
  test.each([['create'], ['run', '--detach']])('%s of a terminal that nobody would get', (...words: string[]) => {
    const outcome = box.runtime([...words, '--bundle', box.bundle({ patch: withTerminal() }), box.id()]);
    refused(outcome, 'cannot allocate tty if runc will detach without setting console socket');
  });

  test.each([['create'], ['run', '--detach'], ['run']])(
    '%s with a console socket and no terminal',
    (...words: string[]) => {
      const outcome = box.runtime([...words, '--console-socket', '/s', '--bundle', box.bundle(), box.id()]);
      refused(outcome, 'cannot use console socket if runc will not detach or allocate tty');
    },
  );

  test('run in the foreground with a console socket', () => {
    const bundle = box.bundle({ patch: withTerminal() });
    refused(
      box.runtime(['run', '--console-socket', '/s', '--bundle', bundle, box.id()]),
      'cannot use console socket if runc will not detach or allocate tty',
    );
  });
});

describe('a pidfd socket', () => {
  testTsrunc('gets a descriptor of init', async () => {
    const receiver = new Receiver(path.join(box.scratch(), 'pidfd.sock'));
    const container = box.create({ script: 'exit 3', flags: ['--pidfd-socket', receiver.path] });
    const { text, fd, ended } = receiver.take();
    receiver.close();
    expect([text, ended]).toEqual(['standard', true]);
    expect(slurp(`/proc/self/fdinfo/${fd}`)).toMatch(new RegExp(`^Pid:\\s+${container.pid}$`, 'm'));
    fs.closeSync(fd);
    container.delete();
  });

  testTsrunc('that is not there fails the create, and nothing is left', async () => {
    const id = box.id();
    refused(box.tryCreate({ id, flags: ['--pidfd-socket', '/nonexistent/s'] }).created, '/nonexistent/s');
    await box.clean(id);
  });
});

/** Without mounts on /dev, which is then the rootfs's own. */
function withoutDev(): Patch {
  const empty = (destination: string) => ({ destination, type: 'tmpfs', source: 'tmpfs' });
  return { '/mounts/1': empty('/tmp'), '/mounts/3': empty('/srv'), '/mounts/4': empty('/mnt') };
}
