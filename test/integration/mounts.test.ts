import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { mounts, slurp } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { cloneRootfs } from './support/rootfs.ts';
import { type Outcome, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('mounts');

const MAP = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
const USER_NAMESPACE: Patch = {
  '/linux/namespaces/-': [{ type: 'user' }],
  '/linux/uidMappings': MAP,
  '/linux/gidMappings': MAP,
};

const mount = (...entries: Json[]): Patch => ({ '/mounts/-': entries });
const bind = (source: string, destination: string, ...options: string[]): Json => ({
  type: 'bind',
  source,
  destination,
  options,
});

function run(script: string, patch: Patch): Outcome {
  return box.run({ script, patch });
}

/** What is mounted at `destination` in the container: its options, those of the file system, and its peer groups. */
function mountinfo(destination: string): string {
  return `grep " ${destination} " /proc/self/mountinfo`;
}

/** A directory of the host with a file in it. */
function sourceWith(file: string, text: string, mode = 0o755): string {
  const directory = box.scratch();
  fs.chmodSync(directory, mode);
  fs.writeFileSync(path.join(directory, file), text);
  return directory;
}

/** Mounts on the host; the sandbox takes away what a failing test leaves. */
function hostMount(...args: string[]): () => void {
  execFileSync('mount', args);
  const target = args.at(-1) ?? '';
  return () => execFileSync('umount', ['-l', target]);
}

describe('in a user namespace', () => {
  testTsrunc('the rootfs may lie below a directory that only the host’s root can enter', () => {
    const hidden = box.scratch();
    cloneRootfs(box.rootfs, path.join(hidden, 'rootfs'));
    execFileSync('chown', ['-R', '100000:100000', path.join(hidden, 'rootfs')]);
    fs.chmodSync(hidden, 0o700);
    const rootfs = { '/root/path': path.join(hidden, 'rootfs') };
    expect(ok(run('stat -c %u / /bin /dev', { ...USER_NAMESPACE, ...rootfs })).stdout).toBe('0\n0\n0\n');
  });

  testTsrunc('so may the source of a bind mount', () => {
    const hidden = sourceWith('inner', 'seen', 0o700);
    const patch = { ...USER_NAMESPACE, ...mount(bind(path.join(hidden, 'inner'), '/etc/group', 'bind', 'ro')) };
    expect(ok(run('cat /etc/group', patch)).stdout).toBe('seen');
  });

  testTsrunc('without a network namespace /sys is the host’s, and read-only as asked, all of it', () => {
    const patch = {
      ...USER_NAMESPACE,
      '/linux/namespaces': ['pid', 'ipc', 'uts', 'mount', 'user'].map((type) => ({ type })),
      '/mounts/6': undefined,
    };
    const lines = ok(run('cat /proc/self/mountinfo', patch)).stdout.split('\n');
    const sys = lines.map((line) => line.split(' ')).filter((fields) => fields[4]?.startsWith('/sys'));
    expect(sys[0]?.[5]).toMatch(/^ro,nosuid,nodev,noexec/);
    expect(sys.filter((fields) => !fields[5]?.startsWith('ro,'))).toEqual([]);
  });

  testTsrunc('every mount of a new file system is the container’s root’s', () => {
    const { stdout } = ok(run('stat -c "%u:%g %a" /dev /dev/pts /dev/shm /dev/mqueue', USER_NAMESPACE));
    expect(stdout).toBe('0:0 755\n0:0 755\n0:0 1777\n0:0 1777\n');
  });

  testTsrunc('a gid of devpts that is not mapped is explained', () => {
    const one = [{ containerID: 0, hostID: 100_000, size: 1 }];
    const patch = { ...USER_NAMESPACE, '/linux/uidMappings': one, '/linux/gidMappings': one };
    refused(box.tryCreate({ patch }).created, 'is the gid of gid= mapped in the user namespace?');
  });
});

describe('a runtime that is itself in a user namespace', () => {
  /** Its mounts are copies of the host's, and what restricts those is locked. */
  const inside = { caller: 'it=$1; shift; exec unshare --user --map-root-user --mount "$it" --rootless=true "$@"' };
  const possible = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;
  const testInside = possible ? testTsrunc : test.skip;

  const locked = (...options: string[]): { patch: Patch; done: () => void } => {
    const source = box.scratch();
    const done = hostMount('-t', 'tmpfs', '-o', 'ro,nosuid,relatime', 'tmpfs', source);
    const devpts = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'];
    return { patch: { '/mounts/2/options': devpts, ...mount(bind(source, '/mnt', 'rbind', ...options)) }, done };
  };

  testInside.each([
    ['rw', 'MS_RDONLY'],
    ['suid', 'MS_NOSUID'],
    ['noatime', 'MS_RELATIME'],
  ])('cannot clear a locked flag: %s', (option, flag) => {
    const { patch, done } = locked(option);
    const { created } = box.tryCreate({ patch, ...inside });
    done();
    refused(created, `cannot clear locked flags ${flag}`);
    refused(
      created,
      'in a user namespace a mount keeps the restrictions that it has on the host: leave the option out',
    );
  });

  testInside('keeps the locked flags that the options do not name', () => {
    const { patch, done } = locked('nodev');
    const outcome = box.run({ script: mountinfo('/mnt'), patch, ...inside });
    done();
    expect(ok(outcome).stdout).toContain(' /mnt ro,nosuid,nodev,relatime ');
  });
});

test('a relative source counts from the bundle', () => {
  const bundle = box.bundle({ script: 'cat /mnt/file', patch: mount(bind('data', '/mnt', 'bind')) });
  fs.mkdirSync(path.join(bundle, 'data'));
  fs.writeFileSync(path.join(bundle, 'data/file'), 'of the bundle');
  expect(ok(box.run({ bundle })).stdout).toBe('of the bundle');
});

testTsrunc('where the kernel refuses a cgroup2, the container’s directory of the host’s is there', () => {
  const id = box.id();
  const container = box.create({
    id,
    script: 'cat /sys/fs/cgroup/cgroup.procs; (echo 1 > /sys/fs/cgroup/cgroup.freeze) 2>&1; exec sleep 100',
    patch: { ...USER_NAMESPACE, '/linux/cgroupsPath': `/${id}` },
  });
  const [entry] = mounts(container.pid).filter(({ target }) => target === '/sys/fs/cgroup');
  expect(entry).toMatchObject({ type: 'cgroup2', root: expect.stringMatching(new RegExp(`/${id}$`)) });
  expect(entry?.options.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec']));
  container.delete('--force');
});

describe('mount points', () => {
  testTsrunc('inside a procfs are refused under whatever name it was mounted', () => {
    const rootfs = path.join(box.bundle({ ownRootfs: true }), 'rootfs');
    fs.mkdirSync(path.join(rootfs, 'other/sys'), { recursive: true });
    const patch = {
      '/root/path': rootfs,
      ...mount(
        { type: 'proc', source: 'proc', destination: '/sys/../other' },
        bind(box.scratch(), '/other/sys', 'bind'),
      ),
    };
    refused(box.tryCreate({ patch }).created, /other\/sys\\?" cannot be mounted because it is inside \/proc/);
  });

  testTsrunc.each([
    ['a directory', () => box.scratch()],
    ['a file', () => path.join(sourceWith('file', ''), 'file')],
  ])('that are missing on a read-only file system are explained: %s', (_, source) => {
    const readonly = box.scratch();
    const undo = hostMount('-t', 'tmpfs', '-o', 'ro', 'tmpfs', readonly);
    try {
      const patch = mount(bind(readonly, '/mnt', 'bind'), bind(source(), '/mnt/missing', 'bind'));
      refused(run('true', patch), 'the mount point does not exist and the file system is read-only');
    } finally {
      undo();
    }
  });

  testTsrunc('in a rootfs that is read-only are explained, too', () => {
    const bundle = box.bundle({ ownRootfs: true });
    const rootfs = path.join(bundle, 'rootfs');
    execFileSync('mount', ['--bind', rootfs, rootfs]);
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', rootfs]);
      const patch = { '/root/path': rootfs, ...mount(bind('/usr', '/missing/a', 'bind')) };
      refused(run('true', patch), 'the mount point does not exist and the file system is read-only');
    } finally {
      execFileSync('umount', ['-l', rootfs]);
    }
  });

  test('may be the working directory in a link of /dev', () => {
    expect(ok(run('true', { '/process/cwd': '/dev/fd' })).status).toBe(0);
  });
});

describe('recursive options', () => {
  let tree: string;
  let unmount: () => void;
  beforeAll(() => {
    tree = box.scratch();
    fs.mkdirSync(path.join(tree, 'below'));
    unmount = hostMount('-t', 'tmpfs', '-o', 'relatime', 'tmpfs', path.join(tree, 'below'));
  });
  afterAll(() => unmount());

  const optionsOf = (...options: string[]): string[] => {
    const patch = mount(bind(tree, '/mnt', 'rbind', ...options));
    const { stdout } = ok(run('grep " /mnt" /proc/self/mountinfo', patch));
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[5] ?? '');
  };

  testTsrunc.each([
    ['ro', 'ro,relatime', 'rw,relatime'],
    ['rro', 'ro,relatime', 'ro,relatime'],
    ['rnosuid', 'rw,nosuid,relatime', 'rw,nosuid,relatime'],
    ['rnodev', 'rw,nodev,relatime', 'rw,nodev,relatime'],
    ['rnoexec', 'rw,noexec,relatime', 'rw,noexec,relatime'],
    ['rnoatime', 'rw,noatime', 'rw,noatime'],
    ['rstrictatime', 'rw', 'rw'],
    ['rnodiratime', 'rw,nodiratime,relatime', 'rw,nodiratime,relatime'],
    ['rnosymfollow', 'rw,relatime,nosymfollow', 'rw,relatime,nosymfollow'],
    ['rrelatime', 'rw,relatime', 'rw,relatime'],
  ])('%s', (option, top, below) => {
    expect(optionsOf(option)).toEqual([top, below]);
  });

  testTsrunc.each([
    ['rro,rrw', 'rw,relatime'],
    ['rnosuid,rsuid', 'rw,relatime'],
    ['rnodev,rdev', 'rw,relatime'],
    ['rnoexec,rexec', 'rw,relatime'],
    ['rnoatime,ratime', 'rw,relatime'],
    ['rnodiratime,rdiratime', 'rw,relatime'],
    ['rnosymfollow,rsymfollow', 'rw,relatime'],
  ])('of %s the last wins', (options, expected) => {
    expect(optionsOf(...options.split(','))).toEqual([expected, expected]);
  });

  testTsrunc('a recursive option takes away what the source has', () => {
    const strict = box.scratch();
    const done = hostMount('-t', 'tmpfs', '-o', 'nosuid,nodev,noexec', 'tmpfs', strict);
    const patch = mount(bind(strict, '/mnt', 'rbind', 'rsuid', 'rexec'));
    expect(ok(run(mountinfo('/mnt'), patch)).stdout).toContain(' rw,nodev,relatime ');
    done();
  });
});

describe('idmapped mounts', () => {
  const owned = (): string => {
    const directory = sourceWith('file', '');
    fs.chownSync(directory, 1000, 1000);
    fs.chownSync(path.join(directory, 'file'), 1000, 1001);
    return directory;
  };
  const owners = 'stat -c %u:%g /mnt /mnt/file';
  const maps = (uid: number, gid: number): { uidMappings: Json; gidMappings: Json } => ({
    uidMappings: [{ containerID: 1000, hostID: uid, size: 2 }],
    gidMappings: [{ containerID: 1000, hostID: gid, size: 2 }],
  });
  const with_ = (source: string, maps: object, ...options: string[]): Patch =>
    mount({ ...(bind(source, '/mnt', 'rbind', ...options) as object), ...maps } as Json);

  testTsrunc('with mappings of their own', () => {
    expect(ok(run(owners, with_(owned(), maps(5000, 6000), 'idmap'))).stdout).toBe('5000:6000\n5000:6001\n');
  });

  testTsrunc('mappings alone are enough', () => {
    expect(ok(run(owners, with_(owned(), maps(7, 8)))).stdout).toBe('7:8\n7:9\n');
  });

  testTsrunc('without mappings they take the container’s user namespace', () => {
    const patch = { ...USER_NAMESPACE, ...with_(owned(), {}, 'idmap') };
    expect(ok(run(owners, patch)).stdout).toBe('1000:1000\n1000:1001\n');
  });

  testTsrunc('mappings that are the container’s', () => {
    const patch = { ...USER_NAMESPACE, ...with_(owned(), { uidMappings: MAP, gidMappings: MAP }) };
    expect(ok(run(owners, patch)).stdout).toBe('1000:1000\n1000:1001\n');
  });

  testTsrunc('what the container writes has the source’s IDs', () => {
    const source = owned();
    fs.chmodSync(source, 0o777);
    ok(run('echo x >/mnt/new', { ...USER_NAMESPACE, ...with_(source, {}, 'idmap') }));
    const { uid, gid } = fs.statSync(path.join(source, 'new'));
    expect([uid, gid]).toEqual([0, 0]);
  });

  testTsrunc('mappings in the option, as crun has them', () => {
    const option = 'idmap=uids=1000-77-1#1001-99-1;gids=1000-88-2';
    expect(ok(run(owners, with_(owned(), {}, option))).stdout).toBe('77:88\n77:89\n');
  });

  testTsrunc('mappings in the option that count from the container’s', () => {
    const option = 'idmap=uids=@1000-3-10;gids=@1000-4-10';
    const patch = { ...USER_NAMESPACE, ...with_(owned(), {}, option) };
    expect(ok(run(owners, patch)).stdout).toBe('3:4\n3:5\n');
  });

  testTsrunc.each([
    ['idmap', '5000:6000\n1000:1000\n'],
    ['ridmap', '5000:6000\n5000:6000\n'],
  ])('%s and the mounts below', (option, expected) => {
    const source = owned();
    fs.mkdirSync(path.join(source, 'below'));
    const unmount = hostMount('-t', 'tmpfs', '-o', 'uid=1000,gid=1000', 'tmpfs', path.join(source, 'below'));
    const outcome = run('stat -c %u:%g /mnt /mnt/below', with_(source, maps(5000, 6000), option));
    unmount();
    expect(ok(outcome).stdout).toBe(expected);
  });

  testTsrunc('a tmpfs can be one', () => {
    const entry = {
      type: 'tmpfs',
      source: 'tmpfs',
      destination: '/mnt',
      options: ['uid=1000', 'gid=1000', 'mode=755'],
    };
    expect(ok(run('stat -c %u:%g /mnt', mount({ ...entry, ...maps(5, 6) }))).stdout).toBe('5:6\n');
  });

  testTsrunc('a file system that cannot be one is named', () => {
    refused(box.tryCreate({ patch: with_('/proc/sys', maps(5, 6), 'idmap') }).created, 'idmapped mounts of proc');
  });

  testTsrunc('mappings that are none are shown', () => {
    const { created } = box.tryCreate({ patch: with_(owned(), maps(1, 1), 'idmap=uids=1-2') });
    refused(created, 'is no mapping');
  });
});

describe('tmpcopyup', () => {
  testTsrunc('a tmpfs starts with what it covers: links, owners, modes and times too', () => {
    const bundle = box.bundle({
      ownRootfs: true,
      script:
        'cd /srv; find . | sort; stat -c "%n %u:%g %a %Y" file; readlink link; cat dir/sub/deep; echo more >new; cat new',
      patch: mount({ type: 'tmpfs', source: 'tmpfs', destination: '/srv', options: ['tmpcopyup'] }),
    });
    const srv = path.join(bundle, 'rootfs/srv');
    fs.mkdirSync(path.join(srv, 'dir/sub'), { recursive: true });
    fs.writeFileSync(path.join(srv, 'file'), 'text', { mode: 0o640 });
    fs.chownSync(path.join(srv, 'file'), 7, 8);
    fs.utimesSync(path.join(srv, 'file'), 1, 1234);
    fs.writeFileSync(path.join(srv, 'dir/sub/deep'), 'x'.repeat(200_000));
    fs.symlinkSync('/etc/passwd', path.join(srv, 'link'));
    const { stdout } = ok(box.run({ bundle }));
    expect(stdout.replace(/x+/, (text) => `${text.length}`)).toBe(
      '.\n./dir\n./dir/sub\n./dir/sub/deep\n./file\n./link\nfile 7:8 640 1234\n/etc/passwd\n200000more\n',
    );
    expect(fs.existsSync(path.join(srv, 'new'))).toBe(false);
  });

  testTsrunc('a directory with many entries', () => {
    const bundle = box.bundle({
      ownRootfs: true,
      script: 'ls /srv | wc -l',
      patch: mount({ type: 'tmpfs', source: 'tmpfs', destination: '/srv', options: ['tmpcopyup', 'ro'] }),
    });
    for (let i = 0; i < 3000; i++) fs.symlinkSync('x', path.join(bundle, 'rootfs/srv', `a-rather-long-name-${i}`));
    expect(ok(box.run({ bundle })).stdout.trim()).toBe('3000');
  });
});

describe('propagation', () => {
  /** A shared mount of the host, as most are on a machine with systemd. */
  const shared = (): { source: string; done: () => void } => {
    const source = box.scratch();
    const done = hostMount('-t', 'tmpfs', 'tmpfs', source);
    execFileSync('mount', ['--make-shared', source]);
    fs.mkdirSync(path.join(source, 'late'));
    return { source, done };
  };
  const WAITS = 'while [ ! -e /mnt/go ]; do sleep 0.05; done; ls /mnt/late';

  testTsrunc.each<[string, Patch, string]>([
    ['rslave: a later mount of the host is seen', {}, 'found\n'],
    ['rslave, in a user namespace', USER_NAMESPACE, 'found\n'],
    ['rprivate', {}, ''],
    ['rprivate, in a user namespace', USER_NAMESPACE, ''],
  ])('%s', async (name, more, expected) => {
    const { source, done } = shared();
    const container = box.create({
      script: WAITS,
      patch: { ...more, ...mount(bind(source, '/mnt', 'rbind', name.replace(/[^a-z].*/, ''))) },
    });
    container.start();
    const late = hostMount('-t', 'tmpfs', 'tmpfs', path.join(source, 'late'));
    fs.writeFileSync(path.join(source, 'late/found'), '');
    fs.writeFileSync(path.join(source, 'go'), '');
    expect(await container.stopped()).toBe(expected);
    late();
    container.delete();
    done();
  });

  testTsrunc('rshared and rootfsPropagation: a mount of the container reaches the host', async () => {
    const { source, done } = shared();
    const container = box.create({
      script: 'busybox mount -t tmpfs tmpfs /mnt/late && sleep 100',
      patch: {
        ...mount(bind(source, '/mnt', 'rbind', 'rshared')),
        '/linux/rootfsPropagation': 'rshared',
        '/process/capabilities': Object.fromEntries(
          ['bounding', 'effective', 'permitted'].map((set) => [set, ['CAP_SYS_ADMIN']]),
        ),
      },
    });
    container.start();
    const late = path.join(source, 'late');
    await until('the host has it', () => mounts().some(({ target }) => target === late));
    expect(mounts().filter(({ target }) => target.includes(box.name) && target !== late)).toHaveLength(1);
    container.kill();
    execFileSync('umount', ['-l', late]);
    done();
  });
});

describe('remount', () => {
  const tmpfs = { type: 'tmpfs', source: 'tmpfs', destination: '/mnt', options: ['nosuid', 'size=1m'] };

  testTsrunc('of a mount changes the mount', () => {
    const again = { destination: '/mnt', type: 'none', options: ['remount', 'bind', 'ro'] };
    expect(ok(run(mountinfo('/mnt'), mount(tmpfs, again))).stdout).toMatch(/ ro,nosuid\S* - tmpfs tmpfs rw,/);
  });

  testTsrunc('of a file system changes the file system too, and keeps what is not named', () => {
    const again = { destination: '/mnt', type: 'tmpfs', source: 'tmpfs', options: ['remount', 'noexec', 'size=2m'] };
    expect(ok(run(mountinfo('/mnt'), mount(tmpfs, again))).stdout).toMatch(
      / rw,nosuid,noexec\S* - tmpfs tmpfs rw,size=2048k/,
    );
  });

  testTsrunc('where nothing is mounted is an error', () => {
    const again = { destination: '/srv', type: 'none', options: ['remount', 'bind', 'ro'] };
    refused(box.tryCreate({ patch: mount(again) }).created, 'is anything mounted on /srv?');
  });
});

describe('symbolic links', () => {
  const link = (target: string): string => {
    const directory = sourceWith('file', 'behind');
    fs.symlinkSync(target, path.join(directory, 'link'));
    return path.join(directory, 'link');
  };

  testTsrunc('a source is followed', () => {
    const patch = mount(bind(link('file'), '/tmp/x', 'bind'));
    expect(ok(box.run({ script: 'cat /tmp/x', patch, ownRootfs: true })).stdout).toBe('behind');
  });

  testTsrunc('copy-symlink makes it anew, and leaves one alone that says the same', () => {
    const entry = bind(link('/etc/nowhere'), '/srv/deep/x', 'bind', 'copy-symlink');
    const outcome = box.run({ script: 'readlink /srv/deep/x', patch: mount(entry, entry), ownRootfs: true });
    expect(ok(outcome).stdout).toBe('/etc/nowhere\n');
  });

  testTsrunc('copy-symlink does not replace another file', () => {
    const patch = mount(bind(link('/etc/nowhere'), '/etc/passwd', 'bind', 'copy-symlink'));
    refused(box.tryCreate({ patch }).created, '/etc/passwd exists and is not a symbolic link to /etc/nowhere');
  });

  testTsrunc('src-nofollow and dest-nofollow mount the one on the other', () => {
    const bundle = box.bundle({
      ownRootfs: true,
      script: 'readlink /srv/place; cat /srv/target',
      patch: mount(bind(link('/from/the/host'), '/srv/place', 'bind', 'src-nofollow', 'dest-nofollow')),
    });
    fs.symlinkSync('target', path.join(bundle, 'rootfs/srv/place'));
    fs.writeFileSync(path.join(bundle, 'rootfs/srv/target'), 'untouched');
    expect(ok(box.run({ bundle })).stdout).toBe('/from/the/host\nuntouched');
  });
});

describe('options for the file system', () => {
  testTsrunc('are refused of a bind mount, as runc does', () => {
    const { created } = box.tryCreate({ patch: mount(bind('/usr', '/mnt', 'rbind', 'size=1m')) });
    refused(created, 'bind mounts cannot have any filesystem-specific options applied (remove size=1m)');
  });

  testTsrunc('but notes for mount(8) are none', () => {
    ok(run('true', mount(bind('/usr', '/mnt', 'rbind', 'x-systemd.automount'))));
  });

  testTsrunc.each([
    ['more layers than a page of options holds', 120, 60],
    ['a few', 3, 5],
  ])('an overlay of %s', (_, count, length) => {
    const base = box.scratch();
    const layers = Array.from({ length: count }, (_, i) => path.join(base, `${i}-${'l'.repeat(length)}`));
    layers.forEach((layer, i) => {
      fs.mkdirSync(layer);
      fs.writeFileSync(path.join(layer, `file${i}`), '');
    });
    const entry = {
      type: 'overlay',
      source: 'overlay',
      destination: '/mnt',
      options: [`lowerdir=${layers.join(':')}`],
    };
    expect(ok(run('ls /mnt | wc -l', mount(entry))).stdout.trim()).toBe(String(count));
  });

  testTsrunc('one long value goes by mount(2), with its flags', () => {
    const [first, second] = ['a', 'b'].map((name) => path.join(box.scratch(), 'c'.repeat(200), name.repeat(200)));
    for (const layer of [first, second]) fs.mkdirSync(layer ?? '', { recursive: true });
    const options = ['ro', 'nosuid', 'rslave', `lowerdir=${first}:${second}`];
    const entry = { type: 'overlay', source: 'overlay', destination: '/mnt', options };
    expect(ok(run(mountinfo('/mnt'), mount(entry))).stdout).toMatch(/ \/mnt ro,nosuid,relatime - overlay/);
  });
});

describe('--no-pivot', () => {
  const noPivot = (options: Parameters<typeof box.run>[0]): Outcome => box.run({ ...options, flags: ['--no-pivot'] });

  testTsrunc('a container is the same but for the way into its root', () => {
    const { stdout } = ok(noPivot({ script: 'ls /; grep -c . /proc/self/mountinfo' }));
    expect(stdout).toBe(ok(box.run({ script: 'ls /; grep -c . /proc/self/mountinfo' })).stdout);
  });

  testTsrunc('in a user namespace too', () => {
    expect(ok(noPivot({ script: 'id -u', patch: USER_NAMESPACE })).stdout).toBe('0\n');
  });

  testTsrunc('the host’s procfs and sysfs do not lie below', () => {
    const { id, created } = box.tryCreate({ flags: ['--no-pivot'] });
    ok(created);
    const saved: { init_process_pid: number } = JSON.parse(slurp(path.join(box.root, id, 'state.json')));
    const types = slurp(`/proc/${saved.init_process_pid}/mountinfo`)
      .split('\n')
      .filter((line) => / - (proc|sysfs) /.test(line) && line.split(' ')[3] === '/');
    expect(types).toHaveLength(2);
  });

  testTsrunc.each(['private', 'rprivate'])('rootfsPropagation %s is refused', (word) => {
    const { created } = box.tryCreate({ patch: { '/linux/rootfsPropagation': word }, flags: ['--no-pivot'] });
    refused(created, 'rootfsPropagation=[r]private is not safe without pivot_root');
  });
});

describe('without a mount namespace', () => {
  const patch: Patch = {
    '/linux/namespaces': ['pid', 'network', 'ipc', 'uts'].map((type) => ({ type })),
    '/linux/maskedPaths': undefined,
    '/linux/readonlyPaths': undefined,
  };
  const there = (): number => mounts().filter(({ target }) => target.includes(box.name)).length;

  testTsrunc('the mounts are the host’s until the container is deleted', () => {
    const container = box.create({ script: 'exec sleep 100', patch, ownRootfs: true }).start();
    expect(there()).toBe(8);
    container.kill();
    container.delete('--force');
    expect(there()).toBe(0);
  });

  testTsrunc('its root is the rootfs', () => {
    expect(ok(box.run({ script: 'ls /; pwd', patch, ownRootfs: true })).stdout).toMatch(/^bin\n[\s\S]*\n\/\n$/);
    expect(there()).toBe(0);
  });

  testTsrunc('a failing create leaves nothing mounted', () => {
    const { created } = box.tryCreate({ patch: { ...patch, '/process/args': ['/nothing'] }, ownRootfs: true });
    expect(created.status).toBe(1);
    expect(there()).toBe(0);
  });

  testTsrunc.each<[string, Json]>([
    ['maskedPaths', ['/proc/keys']],
    ['readonlyPaths', ['/proc/sys']],
    ['rootfsPropagation', 'slave'],
  ])('%s is refused', (field, value) => {
    const { created } = box.tryCreate({ patch: { ...patch, [`/linux/${field}`]: value } });
    refused(created, `/linux/${field}: the container has no mount namespace of its own`);
  });
});

describe('a mount namespace that is joined by its path', () => {
  let member: ChildProcess;
  beforeEach(async () => {
    // `cat` ends with us, too: its standard input does.
    member = spawn('unshare', ['--mount', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await until('it is a namespace of its own', () => namespaceOf(member.pid) !== namespaceOf(process.pid));
  });
  afterEach(() => member.kill('SIGKILL'));

  const namespaceOf = (pid: number | undefined): string => {
    return fs.readlinkSync(`/proc/${pid}/ns/mnt`);
  };

  test('holds the container and all its mounts', async () => {
    const namespaces = [
      { type: 'pid' },
      { type: 'network' },
      { type: 'ipc' },
      { type: 'uts' },
      { type: 'mount', path: `/proc/${member.pid}/ns/mnt` },
    ];
    const container = box.create({
      script: 'ls -d /proc/self /dev/null; exec sleep 100',
      patch: { '/linux/namespaces': namespaces },
    });
    container.start();
    await until('the program has written', () => container.created.later().includes('/dev/null'));
    expect(namespaceOf(container.pid)).toBe(namespaceOf(member.pid));
    expect(mounts().filter(({ target }) => target.includes(box.name))).toEqual([]);
    container.kill();
    container.delete('--force');
  });
});
