import * as fs from 'node:fs';
import * as path from 'node:path';
import { linkOf, mounts, slurp, which } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { isTsrunc, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

/** Sentences of the specification that no other file is about. docs/conformance.md says which test shows which. */
const box = sandbox('specification');

function output(script: string, patch: Patch = {}, ownRootfs = false): string {
  return ok(box.run({ script, patch, ownRootfs })).stdout.trim();
}

const MAP = [{ containerID: 0, hostID: 100_000, size: 1000 }];
const USER_NAMESPACE: Patch = { '/linux/uidMappings': MAP, '/linux/gidMappings': MAP };
const only = (...types: string[]): Patch => ({ '/linux/namespaces': types.map((type) => ({ type })) });

describe('operations', () => {
  test.each(['create', 'start', 'state', 'kill', 'delete'])('%s without an ID is an error', (verb) => {
    expect(box.runtime([verb]).status).not.toBe(0);
    expect(box.containers()).toEqual([]);
  });

  test('what is written into config.json after create has no effect', async () => {
    const bundle = box.bundle({ script: 'echo as created' });
    const container = box.create({ bundle });
    fs.writeFileSync(path.join(bundle, 'config.json'), '{"process": {"args": ["sh", "-c", "echo as edited"]}}');
    expect(await container.start().stopped()).toBe('as created\n');
    expect(container.state()).toMatchObject({ status: 'stopped', bundle });
  });

  test('a cgroup that was there before is there after delete', () => {
    const top = mounts().find(({ type, target }) => type === 'cgroup2' && target.startsWith('/sys/fs/cgroup'));
    const directory = path.join(top?.target ?? '/sys/fs/cgroup', box.name);
    fs.mkdirSync(directory);
    try {
      const container = box.create({ patch: { '/linux/cgroupsPath': `/${box.name}/${box.name}-inner` } });
      expect(fs.existsSync(path.join(directory, `${box.name}-inner`))).toBe(true);
      container.delete('--force');
      expect(fs.readdirSync(directory).filter((name) => name.includes(box.name))).toEqual([]);
    } finally {
      fs.rmdirSync(directory);
    }
  });

  test('the program has the three streams and no other descriptor', () => {
    expect(output('for fd in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; true')).toBe('0\n1\n2');
  });
});

describe('config.json', () => {
  test('unknown members and annotations are no error', () => {
    const patch = { '/unknown': { a: 1 }, '/process/unknown': true, '/windows': {}, '/annotations': { 'a.b': '' } };
    expect(output('echo there', patch)).toBe('there');
  });

  test('consoleSize means nothing without a terminal', () => {
    expect(output('echo there', { '/process/consoleSize': { height: 10, width: 10 } })).toBe('there');
  });
});

describe('the root and the mounts', () => {
  test('the root is read-only if that is asked for, and else not', () => {
    const write = '{ echo x > /written; } 2>/dev/null && echo written || echo refused';
    expect(output(write, { '/root/readonly': true }, true)).toBe('refused');
    expect(output(write, { '/root/readonly': false }, true)).toBe('written');
  });

  const tmpfs = (destination: string, ...options: string[]): Json => ({
    type: 'tmpfs',
    source: 'tmpfs',
    destination,
    options,
  });

  test('mounts are made in the listed order', () => {
    const entries = [tmpfs('/tmp', 'mode=0700'), tmpfs('/tmp/inner'), tmpfs('/srv'), tmpfs('/srv', 'ro')];
    const script = 'ls /tmp; touch /tmp/inner/file && { touch /srv/file 2>/dev/null || echo "the later one"; }';
    expect(output(script, { '/mounts/-': entries })).toBe('inner\nthe later one');
  });

  test('a relative destination counts from the root', () => {
    const script = 'cd /tmp; grep -c " /srv " /proc/self/mountinfo';
    expect(output(script, { '/mounts/-': [tmpfs('srv')] })).toBe('1');
  });

  test('masked paths cannot be read, read-only paths not written', () => {
    const patch = { '/linux/maskedPaths': ['/proc/version', '/proc/tty'], '/linux/readonlyPaths': ['/tmp'] };
    const script = 'cat /proc/version; ls /proc/tty; { echo x > /tmp/x; } 2>/dev/null || echo refused';
    expect(output(script, patch, true)).toBe('refused');
  });

  test('the default devices and links are there', () => {
    const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
    const script = `for d in ${devices.join(' ')}; do [ -c /dev/$d ] && echo $d; done; readlink /dev/ptmx
      for l in fd stdin stdout stderr; do readlink /dev/$l; done`;
    const links = ['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2'];
    expect(output(script).split('\n')).toEqual([...devices, 'pts/ptmx', ...links]);
  });

  test('devices are made with their numbers, modes and owners', () => {
    const devices = [
      { path: '/dev/one', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 7, gid: 8 },
      { path: '/srv/pipe', type: 'p', fileMode: 0o600 },
    ];
    const script = 'stat -c "%n %F %t:%T %a %u:%g" /dev/one /srv/pipe';
    expect(output(script, { '/linux/devices': devices, '/root/readonly': false }, true)).toBe(
      '/dev/one character special file 1:5 640 7:8\n/srv/pipe fifo 0:0 600 0:0',
    );
  });

  test('a device in a directory that gives away its group has the group that is asked for', () => {
    const bundle = box.bundle({
      script: 'stat -c %u:%g /srv/given/one',
      ownRootfs: true,
      patch: { '/root/readonly': false, '/linux/devices': [{ path: '/srv/given/one', type: 'c', major: 1, minor: 5 }] },
    });
    const given = path.join(bundle, 'rootfs/srv/given');
    fs.mkdirSync(given);
    fs.chownSync(given, 0, 9);
    fs.chmodSync(given, 0o2755);
    expect(ok(box.run({ bundle })).stdout.trim()).toBe('0:0');
  });

  // runc keeps what is there.
  testTsrunc('another file in the place of a device is an error', () => {
    const bundle = box.bundle({
      ownRootfs: true,
      patch: { '/root/readonly': false, '/linux/devices': [{ path: '/srv/one', type: 'c', major: 1, minor: 5 }] },
    });
    fs.writeFileSync(path.join(bundle, 'rootfs/srv/one'), '');
    refused(box.tryCreate({ bundle }).created, '/srv/one exists and is another file');
  });
});

describe('the process', () => {
  test('the process is the user that the configuration names', () => {
    const user = { uid: 7, gid: 8, additionalGids: [9, 10], umask: 0o27 };
    expect(output('id -u; id -g; grep Groups /proc/self/status; umask', { '/process/user': user })).toMatch(
      /^7\n8\nGroups:\t(8 )?9 10 ?\n0027$/,
    );
  });

  test('resource limits are what the configuration says', () => {
    const rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 4096 },
    ];
    const limits = output('cat /proc/self/limits', { '/process/rlimits': rlimits });
    expect(limits).toMatch(/^Max open files +100 +200 /m);
    expect(limits).toMatch(/^Max core file size +0 +4096 /m);
  });

  test('oom_score_adj is what the configuration says, else the caller’s', () => {
    const own = Number(slurp('/proc/self/oom_score_adj'));
    expect(Number(output('cat /proc/self/oom_score_adj'))).toBe(own);
    expect(Number(output('cat /proc/self/oom_score_adj', { '/process/oomScoreAdj': own + 77 }))).toBe(own + 77);
  });

  const capabilities = (...names: string[]): Patch => ({
    '/process/capabilities': { bounding: names, effective: names, permitted: names },
  });

  test('a capability that nobody knows is a warning, and the others are given', () => {
    expect(output('grep CapEff /proc/self/status', capabilities('CAP_KILL', 'CAP_NOBODY_KNOWS'))).toBe(
      'CapEff:\t0000000000000020',
    );
  });

  const withSetpriv = which('setpriv') === undefined ? test.skip : testTsrunc;
  // runc fails.
  withSetpriv('a capability that the runtime has not got is a warning', () => {
    const caller = 'exec setpriv --bounding-set=-mac_override "$@"';
    const patch = capabilities('CAP_KILL', 'CAP_MAC_OVERRIDE');
    const { stdout } = ok(box.run({ script: 'grep -E "Cap(Eff|Bnd)" /proc/self/status', patch, caller }));
    expect(stdout).toBe('CapEff:\t0000000000000020\nCapBnd:\t0000000000000020\n');
  });
});

describe('namespaces', () => {
  const files: Readonly<Record<string, string>> = {
    pid: 'pid',
    network: 'net',
    mount: 'mnt',
    ipc: 'ipc',
    uts: 'uts',
    cgroup: 'cgroup',
    ...(isTsrunc ? { time: 'time' } : {}),
  };
  const minimal: Patch = { '/linux/maskedPaths': undefined, '/linux/readonlyPaths': undefined, '/hostname': undefined };

  test('a namespace without a path is new, one that is not listed is the caller’s', () => {
    for (const listed of [Object.keys(files), ['mount']]) {
      const { pid } = box.create({ patch: { ...minimal, ...only(...listed) } });
      for (const [type, file] of Object.entries(files)) {
        const same = linkOf(`/proc/${pid}/ns/${file}`) === linkOf(`/proc/self/ns/${file}`);
        expect([type, same]).toEqual([type, !listed.includes(type)]);
      }
    }
  });

  test('a namespace with a path is joined', () => {
    const first = box.create();
    const joined = ['network', 'ipc', 'uts'];
    const namespaces = [
      ...joined.map((type) => ({ type, path: `/proc/${first.pid}/ns/${files[type]}` })),
      { type: 'mount' },
      { type: 'pid' },
    ];
    const { pid } = box.create({ patch: { '/linux/namespaces': namespaces, '/hostname': undefined } });
    for (const type of joined)
      expect(linkOf(`/proc/${pid}/ns/${files[type]}`)).toBe(linkOf(`/proc/${first.pid}/ns/${files[type]}`));
  });

  test('IDs are mapped as the configuration says', () => {
    const bundle = box.bundle({
      script: 'cat /proc/self/uid_map /proc/self/gid_map; stat -c "%u" /bin/sh',
      patch: { ...only('pid', 'network', 'mount', 'ipc', 'uts', 'user'), ...USER_NAMESPACE },
    });
    const lines = ok(box.run({ bundle })).stdout.trim().split('\n');
    const words = lines.map((line) => line.trim().split(/ +/).join(' '));
    // The rootfs is root's on the host, and stays it: in here it is nobody's.
    expect(words).toEqual(['0 100000 1000', '0 100000 1000', '65534']);
  });

  test('host name and domain name are set', () => {
    const patch = { '/hostname': 'one.example', ...(isTsrunc ? { '/domainname': 'example' } : {}) };
    const names = output('cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname', patch).split('\n');
    expect(names).toEqual(['one.example', isTsrunc ? 'example' : expect.anything()]);
  });

  // runc has them since 1.2.
  testTsrunc('the clocks of a time namespace have the offsets', () => {
    const patch = {
      '/linux/namespaces/-': [{ type: 'time' }],
      '/linux/timeOffsets': { boottime: { secs: 1_000_000, nanosecs: 0 } },
    };
    const inside = Number(output('cut -d. -f1 /proc/uptime', patch));
    const outside = Number(slurp('/proc/uptime').split('.')[0]);
    expect(inside - outside).toBeGreaterThanOrEqual(1_000_000 - 5);
    expect(inside - outside).toBeLessThanOrEqual(1_000_000 + 5);
  });

  test('kernel parameters are set in the container only', () => {
    const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    const before = slurp(file);
    expect(output(`cat ${file}`, { '/linux/sysctl': { 'net.ipv4.ip_unprivileged_port_start': '77' } })).toBe('77');
    expect(slurp(file)).toBe(before);
  });
});

test('an absolute cgroupsPath counts from the top', async () => {
  for (const _ of ['once', 'again']) {
    const container = box.create({ patch: { '/linux/cgroupsPath': `/${box.name}-cg` } });
    const places = slurp(`/proc/${container.pid}/cgroup`)
      .split('\n')
      .map((line) => line.split(':')[2]);
    expect(places).toContain(`/${box.name}-cg`);
    container.delete('--force');
    await box.clean(container.id);
  }
});

// runc 1.1 starts the container all the same.
const withoutResctrl = mounts().some(({ type }) => type === 'resctrl') ? test.skip : testTsrunc;
withoutResctrl('Intel RDT without resctrl is an error', () => {
  const { created } = box.tryCreate({ patch: { '/linux/intelRdt': { closID: 'gold' } } });
  refused(created, /[Ii]ntel ?R[Dd][Tt]/);
});
