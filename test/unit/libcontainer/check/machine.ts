import type { Files } from '../../../../src/engine/engine.ts';
import { SyscallError } from '../../../../src/engine/errors.ts';
import type { CgroupHost } from '../../../../src/libcontainer/cgroups/manager.ts';
import { CheckSite } from '../../../../src/libcontainer/check/site.ts';
import type { Host } from '../../../../src/libcontainer/host.ts';
import { namespaces } from '../../../../src/libcontainer/namespaces.ts';
import type { Config } from '../../../../src/spec/config.ts';
import { errnoNumber } from '../../../../src/syscalls/errno.ts';
import { RecordPort } from '../../../../src/syscalls/ports/record-port.ts';
import { inMemory } from '../../cli/support.ts';
import { reply, ScriptedBus } from '../cgroups/systemd/bus.ts';

/** What is different from a machine that has everything. */
export interface Change {
  /** Files that say something else; null is a file that is not there. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** Calls that fail, by their text as `NAME(ARGUMENTS`, and with which errno. */
  readonly fails?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** Nothing listens where systemd should. */
  readonly noBus?: true;
  /** The version of libseccomp; null if it is not installed. */
  readonly libseccomp?: readonly number[] | null;
  /** Modes of files by path. */
  readonly modes?: Readonly<Record<string, number>>;
}

const CONTROLLERS = 'cpuset cpu io memory hugetlb pids rdma misc\n';

/** Of a machine that has everything. */
const files: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(namespaces).map(({ file }) => [`/proc/self/ns/${file}`, ''])),
  '/proc/self/cgroup': '0::/user.slice\n',
  '/proc/self/mountinfo': '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 8:2 / /srv rw - nfs server:/ rw\n',
  '/proc/sys/kernel/osrelease': '6.12.1-generic\n',
  '/proc/sys/vm/memfd_noexec': '0\n',
  '/proc/sys/user/max_user_namespaces': '60000\n',
  '/proc/sys/kernel/unprivileged_userns_clone': '1\n',
  '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '0\n',
  '/proc/self/attr/apparmor/current': 'unconfined\n',
  '/proc/self/attr/current': 'unconfined_u:unconfined_r:unconfined_t:s0\n',
  '/proc/1/environ': 'TERM=linux\0',
  '/sys/module/apparmor/parameters/enabled': 'Y\n',
  '/sys/fs/selinux/enforce': '1',
  '/sys/fs/cgroup/cgroup.controllers': CONTROLLERS,
  '/sys/fs/cgroup/user.slice/cgroup.controllers': CONTROLLERS,
  '/etc/passwd': 'root:x:0:0::/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\n',
  '/etc/subuid': 'joe:100000:65536\n',
  '/etc/subgid': 'joe:100000:65536\n',
  '/usr/bin/newuidmap': '',
  '/usr/bin/newgidmap': '',
  '/usr/sbin/criu': '',
  '/run/dbus/system_bus_socket': '',
  '/proc/self': '',
  '/bundle/config.json': '{}',
};

const modes: Readonly<Record<string, number>> = { '/usr/bin/newuidmap': 0o104755, '/usr/bin/newgidmap': 0o104755 };

/** Where probes look on that machine, and how many processes it has started and not waited for. */
export function siteOf(change: Change = {}, config?: Config): { site: CheckSite; left: () => number } {
  const { host, left } = hostOf(change);
  return { site: new ScriptedSite(host, config ? '/bundle' : undefined, config, change.noBus === true), left };
}

export function hostOf(change: Change = {}): { host: Host; left: () => number } {
  const { uid = 0 } = change;
  const { engine } = inMemory([], { env: { PATH: '/usr/bin:/usr/sbin' }, uid });
  const texts: Record<string, string | null> = { ...files, ...change.files };
  const processes = new Set<number>();
  const port = (process: string, pid: number): RecordPort =>
    new RecordPort(process, [], {
      pid,
      answer({ call, registers }) {
        const text = `${call.name}(${call.words().join(', ')})`;
        const failure = Object.entries({ ...change.fails, ...(change.noBus && { connect: 'ENOENT' }) }).find(
          ([start]) => text.startsWith(start),
        )?.[1];
        if (call.name === 'clone3' && failure === undefined) processes.add(CLONED);
        if (call.name === 'wait4') processes.delete(Number(registers[0]));
        return failure === undefined ? undefined : -errnoNumber(failure);
      },
    });
  const host: Host = {
    root: '/run/tsrunc',
    cgroupManager: 'cgroupfs',
    rootless: 'auto',
    log: { debug: () => undefined, warn: () => undefined, step: () => undefined },
    engine: {
      ...engine,
      files: filesOf(engine.files, texts, { ...modes, ...change.modes }),
      native: () => nativeOf(change.libseccomp, () => processes.add(SPAWNED)),
      ports: { local: () => port('runtime', 1), remote: (process) => port(process, SPAWNED) },
    },
  };
  return { host, left: () => processes.size };
}

const SPAWNED = 1000;
const CLONED = SPAWNED + 1;

class ScriptedSite extends CheckSite {
  constructor(
    host: Host,
    bundle: string | undefined,
    config: Config | undefined,
    private readonly silent: boolean,
  ) {
    super(host, bundle, config);
  }

  override get cgroupHost(): CgroupHost {
    const real = super.cgroupHost;
    const bus = new ScriptedBus({
      Hello: (_, serial) => [reply(serial, 's', ':1.7')],
      Get: (_, serial) => [reply(serial, 'v', { signature: 's', value: '252' })],
    });
    const connect = (): ScriptedBus => {
      if (this.silent) throw new SyscallError('connect', [], errnoNumber('ENOENT'), 'ENOENT');
      return bus;
    };
    return { ...real, engine: { ...real.engine, ...bus.engine }, system: { ...real.system, connect } };
  }
}

function filesOf(
  memory: Files,
  texts: Readonly<Record<string, string | null>>,
  modes: Readonly<Record<string, number>>,
): Files {
  const text = (path: string): string => {
    const found = texts[path];
    if (found === undefined || found === null) throw new SyscallError('open', [path], errnoNumber('ENOENT'), 'ENOENT');
    return found;
  };
  const descriptors = new Map<number, string>();
  return {
    ...memory,
    read: (path) => (path === '/proc/self/status' ? memory.read(path) : new TextEncoder().encode(text(path))),
    open: (path) => {
      if (!path.startsWith('/proc/1001/')) text(path);
      descriptors.set(9, path);
      return 9;
    },
    write: () => undefined,
    close: () => undefined,
    stat: (path) => {
      const file = { dev: 1, ino: 1, nlink: 1, uid: 0, gid: 0, rdev: 0, size: 0, kind: 'file' } as const;
      if (path.startsWith('/proc/self/fd/')) return { ...file, mode: 0o100755 };
      text(path);
      return { ...file, mode: modes[path] ?? 0o100755 };
    },
    readlink: () => 'user:[4026531837]',
  };
}

/** Functions that succeed; what is copied is the version of libseccomp. */
function nativeOf(
  version: readonly number[] | null = [2, 5, 4],
  spawned: () => void,
): ReturnType<Host['engine']['native']> {
  let last = new Uint8Array();
  return {
    call(fn) {
      if (fn.symbol === 'seccomp_version' && version === null) throw new Error('cannot open libseccomp.so.2');
      if (fn.symbol === 'memcpy') new Uint32Array(last.buffer).set(version ?? []);
      if (fn.symbol === 'posix_spawn') {
        spawned();
        new DataView(last.buffer).setInt32(PID_AT, SPAWNED, true);
      }
      return { value: fn.symbol === 'seccomp_version' ? 1 : 0, errno: 0 };
    },
    map(size) {
      last = new Uint8Array(Math.ceil(size / 4) * 4);
      return { address: 0x10000, bytes: last };
    },
  };
}

/** Behind the actions, the attributes and the two signal sets: see spawn.ts. */
const PID_AT = 256 + 512 + 128 + 128;
