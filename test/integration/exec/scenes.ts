import type { Json, Patch } from '../support/json.ts';

/** A container, and the processes that are run in it one after the other. */
export interface Scene {
  readonly name: string;
  readonly patch: Patch;
  readonly cases: readonly ExecCase[];
}

export interface ExecCase {
  readonly name: string;
  /** Between `exec` and the ID. */
  readonly flags?: readonly string[];
  /** Written to a file for `--process`, with what is not said here as in {@link PROCESS}. */
  readonly file?: { readonly [member: string]: Json };
  /** Set by the runtime's caller around the call: a line of shell. */
  readonly caller?: string;
  /** Variables that the caller has, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Of a process file, unless a case says otherwise. `args` are the test's. */
export const PROCESS = { user: { uid: 0, gid: 0 }, env: [PATH], cwd: '/' };

const all = (...names: string[]): Json => ({ bounding: names, effective: names, permitted: names });
const namespaces = (...types: string[]): Json => types.map((type) => ({ type }));
const flags = (...words: string[]): ExecCase => ({ name: words.join(' '), flags: words });
const file = (name: string, members: { [member: string]: Json }): ExecCase => ({
  name: `-p with ${name}`,
  file: members,
});

/** What containers and flags must make the same process of, whether runc or tsrunc runs it. */
export const SCENES: readonly Scene[] = [
  {
    name: 'a container as spec writes it',
    patch: {},
    cases: [
      { name: 'nothing' },
      flags('-u', '1000'),
      flags('-u', '1000:1000'),
      flags('--user', '0:5'),
      flags('-u', '1234:5678', '-g', '5', '-g', '20'),
      flags('-u', '2000000000:2000000001'),
      flags('-g', '24'),
      flags('--additional-gids', '0'),
      flags('--cwd', '/tmp'),
      flags('--cwd', '/bin/../etc'),
      flags('-u', '1000:1000', '--cwd', '/home/user'),
      flags('-e', 'A=1'),
      flags('--env', 'A=1', '--env', 'B=2 3'),
      flags('-e', 'EMPTY='),
      flags('-e', 'TERM=dumb'),
      flags('-e', 'A=1', '-e', 'A=2'),
      flags('-e', 'HOME=/srv'),
      flags('-u', '1000:1000', '-e', 'HOME='),
      flags('-e', 'PATH=/bin'),
      flags('-c', 'CAP_CHOWN'),
      flags('--cap', 'CAP_CHOWN', '--cap', 'CAP_SYS_ADMIN'),
      flags('-c', 'CAP_KILL'),
      flags('-u', '1000:1000', '-c', 'CAP_NET_RAW'),
      flags('-c', 'CAP_NO_SUCH'),
      flags('--no-new-privs'),
      flags('--no-new-privs=false'),
      flags('--preserve-fds', '0'),
      flags('--ignore-paused'),
      flags('--cgroup', '.'),
      flags('--cgroup', '/'),
      flags('-d'),
      { name: 'a caller with an umask', caller: 'umask 077' },
      { name: 'a caller with limits', caller: 'ulimit -S -n 777; ulimit -c 0; ulimit -S -s 4096' },
      { name: 'a caller who ignores signals', caller: "trap '' PIPE USR1 HUP INT" },
      { name: 'a caller who is nice', caller: 'renice -n 3 $$ >/dev/null' },
      { name: 'a caller in another directory', caller: 'cd /usr' },
      { name: 'a caller with descriptors', caller: 'exec 3</etc/passwd 4</ 5</usr' },
      { name: '--preserve-fds 2', flags: ['--preserve-fds', '2'], caller: 'exec 3</dev/null 4</dev/zero 5</usr' },
      { name: 'variables of the caller', env: { LISTEN_PID: '1', FOO: 'bar', TERM: 'linux' } },
      { name: 'a caller on one CPU', caller: 'taskset -p 1 $$ >/dev/null' },
      file('the least', {}),
      file('another user', { user: { uid: 1000, gid: 1000, additionalGids: [5, 6] } }),
      file('an umask', { user: { uid: 0, gid: 0, umask: 0o27 } }),
      file('a directory', { cwd: '/tmp' }),
      file('variables', { env: [PATH, 'A=1', 'B=2'] }),
      file('HOME', { env: [PATH, 'HOME=/nowhere'] }),
      file('no capabilities', { capabilities: {} }),
      file('one capability', { capabilities: all('CAP_SYS_ADMIN') }),
      file('sets that differ', {
        capabilities: {
          bounding: ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID'],
          permitted: ['CAP_CHOWN', 'CAP_KILL'],
          effective: ['CAP_CHOWN'],
          inheritable: ['CAP_CHOWN'],
          ambient: ['CAP_CHOWN'],
        },
      }),
      file('ambient capabilities of a user', {
        user: { uid: 1000, gid: 1000 },
        capabilities: { ...(all('CAP_KILL') as object), inheritable: ['CAP_KILL'], ambient: ['CAP_KILL'] },
      }),
      file('new privileges', { noNewPrivileges: false }),
      file('no new privileges', { noNewPrivileges: true }),
      file('rlimits', {
        rlimits: [
          { type: 'RLIMIT_NOFILE', hard: 512, soft: 256 },
          { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
          { type: 'RLIMIT_STACK', hard: 4194304, soft: 2097152 },
        ],
      }),
      file('no rlimits', { rlimits: [] }),
      file('oomScoreAdj', { oomScoreAdj: 77 }),
      file('no terminal', { terminal: false, consoleSize: { height: 1, width: 2 } }),
      { ...file('flags that do not count', {}), flags: ['-u', '5:5', '-e', 'A=1', '--cwd', '/tmp', '-c', 'CAP_CHOWN'] },
    ],
  },
  {
    name: 'a container of a user',
    patch: {
      '/process/user': { uid: 1000, gid: 1000, additionalGids: [5], umask: 0o77 },
      '/process/noNewPrivileges': false,
      '/process/oomScoreAdj': 300,
      '/process/cwd': '/tmp',
      '/process/rlimits': [
        { type: 'RLIMIT_NOFILE', hard: 300, soft: 200 },
        { type: 'RLIMIT_NPROC', hard: 1000, soft: 1000 },
      ],
      '/process/env': [PATH, 'FOO=bar'],
    },
    cases: [
      { name: 'nothing' },
      flags('-u', '0'),
      flags('-u', '0:0'),
      flags('-g', '9'),
      flags('-c', 'CAP_CHOWN'),
      flags('--no-new-privs'),
      flags('-e', 'FOO=baz'),
      flags('--cwd', '/'),
      file('the least', {}),
      file('root', { user: { uid: 0, gid: 0 } }),
      file('an umask of its own', { user: { uid: 1000, gid: 1000, umask: 0 } }),
    ],
  },
  {
    name: 'a container with inheritable capabilities',
    patch: {
      '/process/capabilities': {
        ...(all('CAP_KILL', 'CAP_CHOWN') as object),
        inheritable: ['CAP_KILL'],
        ambient: ['CAP_KILL'],
      },
    },
    cases: [
      { name: 'nothing' },
      flags('-u', '1000:1000'),
      flags('-c', 'CAP_NET_RAW'),
      file('none', { capabilities: {} }),
    ],
  },
  {
    name: 'a container with seccomp',
    patch: {
      '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['acct'], action: 'SCMP_ACT_ERRNO' }] },
    },
    cases: [{ name: 'nothing' }, flags('--no-new-privs=false'), flags('-u', '1000:1000', '--no-new-privs=false')],
  },
  {
    name: 'the host’s pid namespace',
    patch: { '/linux/namespaces': namespaces('uts', 'network', 'ipc', 'mount') },
    cases: [{ name: 'nothing' }, flags('-u', '1000:1000')],
  },
  {
    name: 'a mount namespace only',
    patch: { '/linux/namespaces': namespaces('mount'), '/hostname': undefined },
    cases: [{ name: 'nothing' }, flags('-d')],
  },
  {
    name: 'a cgroup namespace',
    patch: { '/linux/namespaces': namespaces('pid', 'uts', 'network', 'ipc', 'mount', 'cgroup') },
    cases: [{ name: 'nothing' }, flags('-u', '1000:1000')],
  },
  {
    name: 'a user namespace',
    patch: {
      '/linux/namespaces/-': [{ type: 'user' }],
      '/linux/uidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
      '/linux/gidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
    },
    cases: [
      { name: 'nothing' },
      flags('-u', '1000:1000', '-g', '5'),
      flags('-c', 'CAP_SYS_ADMIN'),
      file('the least', {}),
    ],
  },
];
