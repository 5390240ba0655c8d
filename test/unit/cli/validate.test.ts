import { defaultConfig } from '../../../src/spec/default.ts';
import { writeJson } from '../../../src/spec/json.ts';
import { withValue } from '../spec/helpers.ts';
import { type Machine, tsrunc } from './support.ts';

type Changes = Readonly<Record<string, unknown>>;
type Files = NonNullable<Machine['files']>;

const namespaceFiles = ['pid', 'net', 'mnt', 'ipc', 'uts', 'user', 'cgroup'].map((name) => `/proc/self/ns/${name}`);

/** A host that lacks nothing that the default configuration needs. */
const host: Files = {
  '/b': null,
  '/b/rootfs': null,
  ...Object.fromEntries(namespaceFiles.map((path) => [path, ''])),
  '/proc/filesystems':
    'nodev\tproc\nnodev\ttmpfs\nnodev\tdevpts\nnodev\tmqueue\nnodev\tsysfs\nnodev\tcgroup2\n\text4\n',
  '/proc/self/cgroup': '0::/\n',
  '/proc/self/mountinfo': '',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu pids',
};

function config(changes: Changes = {}): string {
  const changed = Object.entries(changes).reduce<unknown>(
    (document, [pointer, value]) => withValue(document, pointer, value),
    defaultConfig(),
  );
  return writeJson(changed, '  ');
}

interface Answer {
  readonly severity: string;
  readonly kind: string;
  readonly pointer: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

async function problems(changes: Changes, files: Files = host, args: readonly string[] = []): Promise<Answer[]> {
  const machine = { files: { ...files, '/b/config.json': config(changes) } };
  const { stdout, stderr } = await tsrunc(['validate', '--bundle', '/b', '--format', 'json', ...args], machine);
  expect(stderr).toBe('');
  return JSON.parse(stdout).problems;
}

function without(path: string): Files {
  const { [path]: _, ...rest } = host;
  return rest;
}

test('nothing is wrong with the default configuration', async () => {
  const machine = { files: { ...host, '/b/config.json': config() } };
  const { status, stdout, stderr } = await tsrunc(['validate', '--bundle', '/b'], machine);
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '/b/config.json: no problems found\n',
    stderr: '',
  });
});

test('the text is a compiler’s: place, line, caret, hint, reference, count', async () => {
  const text =
    '{"ociVersion": "1.2.0", "root": {"path": "rootfs"},\n\t"process": {"cwd": "x", "args": ["a"]}, "hostnam": 1}';
  const machine = { files: { ...host, '/b/config.json': text } };
  const { status, stdout } = await tsrunc(['validate', '--bundle', '/b'], machine);
  const url = 'https://github.com/opencontainers/runtime-spec/blob/v1.3.0/config.md';
  expect(status).toBe(1);
  expect(stdout.split('\n')).toEqual([
    '/b/config.json:2:21: error: /process/cwd: must be absolute, is "x"',
    '    2 |  "process": {"cwd": "x", "args": ["a"]}, "hostnam": 1}',
    '      |                     ^',
    `      = ${url}#configProcess`,
    '',
    '/b/config.json:2:13: warning: /process/user: is missing: uid 0 and gid 0 are assumed',
    '    2 |  "process": {"cwd": "x", "args": ["a"]}, "hostnam": 1}',
    '      |             ^',
    `      = ${url}#configPOSIXUser`,
    '',
    '/b/config.json:2:42: warning: /hostnam: is not in the specification and has no effect',
    '    2 |  "process": {"cwd": "x", "args": ["a"]}, "hostnam": 1}',
    '      |                                          ^',
    '      = did you mean "hostname"?',
    `      = ${url}#configExtensibility`,
    '',
    '/b/config.json: 1 error, 2 warnings',
    '',
  ]);
});

test('of a line that has no end only what is around the mistake is shown', async () => {
  const text = `{"annotations": {"a": "${'x'.repeat(5000)}"}, "ociVersion": 5, "root": {"path": "rootfs"}}`;
  const { stdout } = await tsrunc(['validate', '-b', '/b'], { files: { ...host, '/b/config.json': text } });
  const [, line = '', caret = ''] = stdout.split('\n');
  expect(line.length).toBeLessThan(120);
  expect(line[caret.indexOf('^')]).toBe('5');
});

test('a text that is no JSON is one problem with its place', async () => {
  const machine = { files: { ...host, '/b/config.json': '{\n  "ociVersion": }' } };
  const { status, stdout } = await tsrunc(['validate', '-b', '/b'], machine);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^\/b\/config\.json:2:17: error: .*\n {4}2 \| {3}"ociVersion": }\n {6}\| {17}\^\n/);
});

test('a bundle without config.json is a failure, and not an answer', async () => {
  const { status, stdout, stderr } = await tsrunc(['validate', '--bundle', '/b'], { files: { '/b': null } });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/config\.json not found/);
});

test('warnings fail only with --strict', async () => {
  const machine = { files: { ...host, '/b/config.json': config({ '/misspelt': 1 }) } };
  expect((await tsrunc(['validate', '-b', '/b'], machine)).status).toBe(0);
  expect((await tsrunc(['validate', '-b', '/b', '--strict'], machine)).status).toBe(1);
});

test('an unknown format is refused', async () => {
  const { status, stderr } = await tsrunc(['validate', '-b', '/b', '--format', 'xml'], { files: host });
  expect([status, stderr]).toEqual([1, expect.stringContaining('invalid format: xml')]);
});

const MOUNT = { destination: '/x', type: 'bind', source: '/data', options: ['bind'] };
const KEEP = defaultConfig().linux?.namespaces ?? [];
/** A change, and what it says of a host: nothing with `there`, `message` without. */
const NEEDS: readonly {
  readonly what: string;
  readonly changes: Changes;
  readonly there: Files;
  readonly pointer: string;
  readonly message: RegExp;
  readonly severity?: string;
  /** What is in the place of `there` where it lacks. */
  readonly lacking?: Files;
}[] = [
  {
    what: 'a bind source',
    changes: { '/mounts/0': MOUNT },
    there: { '/data': null },
    pointer: '/mounts/0/source',
    message: /"\/data" does not exist/,
  },
  {
    what: 'a relative bind source',
    changes: { '/mounts/0': { ...MOUNT, source: 'data' } },
    there: { '/b/data': null },
    pointer: '/mounts/0/source',
    message: /"\/b\/data" does not exist/,
  },
  {
    what: 'a hook',
    changes: { '/hooks/poststop': [{ path: '/bin/h' }] },
    there: { '/bin/h': 'program' },
    pointer: '/hooks/poststop/0/path',
    message: /"\/bin\/h" does not exist/,
  },
  {
    what: 'a hook that is a program',
    changes: { '/hooks/prestart': [{ path: '/bin/h' }] },
    there: { '/bin/h': 'program' },
    lacking: { '/bin/h': null },
    pointer: '/hooks/prestart/0/path',
    message: /is a directory, not a program/,
  },
  {
    what: 'a namespace to join',
    changes: { '/linux/namespaces/0/path': '/run/ns' },
    there: { '/run/ns': '' },
    pointer: '/linux/namespaces/0/path',
    message: /"\/run\/ns" does not exist/,
  },
  {
    what: 'a network device',
    changes: { '/linux/netDevices': { eth7: {} } },
    there: { '/sys/class/net/eth7': null },
    pointer: '/linux/netDevices/eth7',
    message: /no network device "eth7"/,
  },
  {
    what: 'a kind of namespace',
    changes: { '/linux/namespaces': [...KEEP, { type: 'time' }] },
    there: { '/proc/self/ns/time': '' },
    pointer: `/linux/namespaces/${KEEP.length}`,
    message: /no time namespaces/,
  },
  {
    what: 'room for namespaces',
    changes: {},
    there: { '/proc/sys/user/max_uts_namespaces': '1000' },
    lacking: { '/proc/sys/user/max_uts_namespaces': '0' },
    pointer: '/linux/namespaces/3',
    message: /no uts namespace may be made/,
  },
  {
    what: 'a file system',
    changes: { '/mounts/0': { destination: '/x', type: 'zfs', source: 'x' } },
    there: {
      '/proc/filesystems':
        'nodev\tzfs\nnodev\tproc\nnodev\ttmpfs\nnodev\tdevpts\nnodev\tmqueue\nnodev\tsysfs\nnodev\tcgroup2\n',
    },
    lacking: host,
    pointer: '/mounts/0/type',
    message: /does not list the file system "zfs"/,
    severity: 'warning',
  },
  {
    what: 'a parameter of the kernel',
    changes: { '/linux/sysctl': { 'kernel.shmall': '1' } },
    there: { '/proc/sys/kernel/ostype': 'Linux', '/proc/sys/kernel/shmall': '1' },
    lacking: { '/proc/sys/kernel/ostype': 'Linux' },
    pointer: '/linux/sysctl/kernel.shmall',
    message: /no \/proc\/sys\/kernel\/shmall/,
  },
  {
    what: 'room for descriptors',
    changes: { '/process/rlimits': [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 5000 }] },
    there: { '/proc/sys/fs/nr_open': '5000\n' },
    lacking: { '/proc/sys/fs/nr_open': '4999\n' },
    pointer: '/process/rlimits/0/hard',
    message: /5000 > 4999/,
  },
  {
    what: 'a controller',
    changes: { '/linux/resources/cpu': { shares: 512 } },
    there: {},
    lacking: { '/sys/fs/cgroup/cgroup.controllers': 'pids' },
    pointer: '/linux/resources/cpu/shares',
    message: /cpu\.weight cannot be set: \/sys\/fs\/cgroup has no cpu controller/,
  },
  {
    what: 'resctrl',
    changes: { '/linux/intelRdt': { closID: 'x' } },
    there: { '/proc/self/mountinfo': '1 2 0:1 / /sys/fs/resctrl rw - resctrl resctrl rw\n' },
    pointer: '/linux/intelRdt',
    message: /resctrl is not mounted/,
    lacking: { '/proc/self/mountinfo': '' },
  },
  {
    what: 'AppArmor',
    changes: { '/process/apparmorProfile': 'x' },
    there: { '/sys/module/apparmor/parameters/enabled': 'Y\n' },
    pointer: '/process/apparmorProfile',
    message: /apparmor not supported/,
  },
  {
    what: 'SELinux',
    changes: { '/process/selinuxLabel': 'x' },
    there: { '/sys/fs/selinux/enforce': '1', '/proc/self/attr/current': 'system_u:system_r:x:s0\0' },
    pointer: '/process/selinuxLabel',
    message: /selinux is disabled or not supported/,
  },
];

test.each(NEEDS)(
  '$what is asked of the host',
  async ({ changes, there, lacking, pointer, message, severity = 'error' }) => {
    expect(await problems(changes, { ...host, ...there })).toEqual([]);
    const found = await problems(changes, { ...host, ...lacking });
    expect(found).toEqual([
      expect.objectContaining({ severity, kind: 'host', pointer, message: expect.stringMatching(message) }),
    ]);
    expect(await problems(changes, { ...host, ...lacking }, ['--no-host'])).toEqual([]);
  },
);

test('a root filesystem that is not there, or no directory', async () => {
  const [missing] = await problems({}, without('/b/rootfs'));
  expect([missing?.pointer, missing?.message]).toEqual(['/root/path', 'invalid rootfs: it does not exist']);
  const [file] = await problems({}, { ...host, '/b/rootfs': 'text' });
  expect(file?.message).toMatch(/not a directory/);
});

test('without libseccomp a profile cannot be had', async () => {
  const [found] = await problems({ '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW' } });
  expect([found?.pointer, found?.message]).toEqual(['/linux/seccomp', 'libseccomp.so.2 is not installed']);
});

test('without cgroup v2 there are no limits', async () => {
  const [found] = await problems(
    { '/linux/resources/pids': { limit: 5 } },
    without('/sys/fs/cgroup/cgroup.controllers'),
  );
  expect([found?.pointer, found?.message]).toEqual([
    '/linux/resources',
    expect.stringMatching(/no cgroup v2 hierarchy/),
  ]);
});

const IGNORED: readonly [string, unknown][] = [
  ['/process/commandLine', 'x'],
  ['/process/user/username', 'x'],
  ['/process/consoleSize', { height: 1, width: 1 }],
  ['/linux/personality', { domain: 'LINUX', flags: ['X'] }],
  ['/windows', { layerFolders: ['x'] }],
  ['/linux/resources/network', { classID: 5 }],
  ['/linux/resources/cpu', { realtimePeriod: 5 }],
];

test.each(IGNORED)('that %s has no effect is a warning', async (pointer, value) => {
  const found = await problems({ '/process/terminal': false, [pointer]: value });
  expect(found.map(({ severity }) => severity)).toEqual(['warning']);
  expect(found[0]?.pointer).toMatch(new RegExp(`^${pointer}`));
  expect(found[0]?.message).toMatch(/is ignored|ha(s|ve) no effect/);
});

test('everything is found at once: form, rules, what is ignored and what the host lacks, in the order of the text', async () => {
  const found = await problems({
    '/process/cwd': 5,
    '/process/args': [],
    '/mounts/0': MOUNT,
    '/process/rlimits': [{ type: 'RLIMIT_X', soft: 0, hard: 0 }],
    '/misspelt': 1,
  });
  expect(found.map(({ severity, kind, pointer }) => [severity, kind, pointer])).toEqual([
    ['error', 'semantic', '/process/args'],
    ['error', 'schema', '/process/cwd'],
    ['error', 'semantic', '/process/rlimits/0/type'],
    ['error', 'host', '/mounts/0/source'],
    ['warning', 'unknown-field', '/misspelt'],
  ]);
  const places = found.slice(0, -1).map(({ line }) => line);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});
