import type { Json, Patch } from '../support/json.ts';

export interface BadConfig {
  readonly name: string;
  readonly patch: Patch;
  /** What in config.json is to blame. Only tsrunc says so. */
  readonly pointer?: string;
  readonly says?: RegExp;
  /** Why runc 1.1 does not refuse it, or refuses it in more than one line. */
  readonly runc?: string;
}

const UNCHECKED = 'runc does not check it';
const MESS = 'runc takes the bundle for the rootfs and leaves directories in it';
const LINES = 'runc adds a line of its C part';

/** `pointer` is set to `value`. */
function wrong(name: string, pointer: string, value: Json | undefined, more: Partial<BadConfig> = {}): BadConfig {
  return { name, pointer, patch: { [pointer]: value }, ...more };
}

function mount(name: string, entry: Json, more: Partial<BadConfig> = {}): BadConfig {
  return { name, patch: { '/mounts/-': [entry] }, pointer: '/mounts/7', ...more };
}

function namespaces(name: string, list: Json[], more: Partial<BadConfig> = {}): BadConfig {
  return { name, patch: { '/linux/namespaces': list }, pointer: '/linux/namespaces', ...more };
}

const FIVE: Json[] = ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));

export const CONFIGS: readonly BadConfig[] = [
  wrong('ociVersion is a number', '/ociVersion', 1),
  wrong('ociVersion is missing', '/ociVersion', undefined, { runc: UNCHECKED }),
  wrong('ociVersion is of another major version', '/ociVersion', '2.0.0', { runc: UNCHECKED }),
  wrong('ociVersion is no version', '/ociVersion', 'one', { runc: UNCHECKED }),

  wrong('process is a string', '/process', 'sh'),
  wrong('args is missing', '/process/args', undefined),
  wrong('args is a string', '/process/args', 'sh'),
  wrong('args is empty', '/process/args', []),
  wrong('an argument is a number', '/process/args/0', 5),
  wrong('an argument holds a NUL', '/process/args', ['sh', 'a\0b'], { runc: UNCHECKED }),
  wrong('env is an object', '/process/env', { PATH: '/bin' }),
  wrong('a variable is a number', '/process/env/0', 5),
  wrong('a variable has no =', '/process/env/0', 'PATH', { runc: UNCHECKED }),
  wrong('a variable has no name', '/process/env/0', '=value', { runc: UNCHECKED }),
  wrong('a variable holds a NUL', '/process/env/0', 'A=a\0b', { runc: UNCHECKED }),
  wrong('cwd is missing', '/process/cwd', undefined),
  wrong('cwd is relative', '/process/cwd', 'tmp'),
  wrong('cwd is a number', '/process/cwd', 5),
  wrong('cwd is a file', '/process/cwd', '/etc/passwd', { says: /not a directory/i }),
  wrong('terminal is a string', '/process/terminal', 'yes'),
  wrong('noNewPrivileges is a string', '/process/noNewPrivileges', 'true'),
  wrong('oomScoreAdj is a string', '/process/oomScoreAdj', '100'),
  wrong('oomScoreAdj is out of range', '/process/oomScoreAdj', 1001, { runc: LINES }),

  wrong('user is a string', '/process/user', 'root'),
  wrong('uid is a string', '/process/user/uid', 'root'),
  wrong('uid is negative', '/process/user/uid', -1),
  wrong('uid is a fraction', '/process/user/uid', 1.5),
  wrong('uid has more than 32 bits', '/process/user/uid', 4_294_967_296),
  wrong('gid is null in a list', '/process/user/additionalGids', ['staff']),
  wrong('umask is a string', '/process/user/umask', '0022'),
  wrong('umask is negative', '/process/user/umask', -1),

  wrong('capabilities is a list', '/process/capabilities', ['CAP_KILL']),
  wrong('a capability set is a string', '/process/capabilities/bounding', 'CAP_KILL'),
  wrong('a capability is a number', '/process/capabilities/bounding', [5]),

  wrong('rlimits is an object', '/process/rlimits', { RLIMIT_NOFILE: 1 }),
  wrong('an rlimit of unknown type', '/process/rlimits/0/type', 'RLIMIT_FILES'),
  wrong('an rlimit without a type', '/process/rlimits/0/type', undefined),
  wrong('an rlimit whose soft value is above the hard one', '/process/rlimits/0/soft', 2048, {
    pointer: '/process/rlimits/0',
  }),
  wrong('an rlimit that is negative', '/process/rlimits/0/soft', -1),
  wrong('an rlimit above 2^64', '/process/rlimits/0/hard', 2n ** 64n),
  {
    name: 'two rlimits of one type',
    patch: { '/process/rlimits/-': [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 1 }] },
    pointer: '/process/rlimits/1',
  },

  wrong('root is missing', '/root', undefined),
  wrong('root is a string', '/root', 'rootfs'),
  wrong('root.path is missing', '/root/path', undefined, { runc: MESS }),
  wrong('root.path is empty', '/root/path', '', { runc: MESS }),
  wrong('root.path is a number', '/root/path', 5),
  wrong('root.path does not exist', '/root/path', '/nonexistent', { says: /nonexistent/ }),
  wrong('root.path is a file', '/root/path', '/etc/passwd', { says: /not a directory/i }),
  wrong('root.path is a symbolic link', '/root/path', '/proc/self/cwd', { says: /symlink|symbolic link/ }),
  wrong('root.readonly is a string', '/root/readonly', 'yes'),

  wrong('hostname is a number', '/hostname', 5),
  wrong('hostname is too long', '/hostname', 'x'.repeat(65)),
  {
    name: 'hostname without a uts namespace',
    patch: { '/linux/namespaces': FIVE.filter((_, i) => i !== 3) },
    pointer: '/hostname',
    says: /UTS namespace/i,
  },
  wrong('annotations hold a number', '/annotations', { key: 5 }),
  wrong('annotations is a list', '/annotations', []),

  wrong('mounts is an object', '/mounts', {}),
  wrong('a mount is a string', '/mounts/0', '/proc'),
  wrong('a mount has no destination', '/mounts/0/destination', undefined, { runc: UNCHECKED }),
  wrong('a destination is a number', '/mounts/0/destination', 5),
  wrong('mount options are a string', '/mounts/0/options', 'ro'),
  mount(
    'a filesystem that the kernel has not',
    { type: 'nofs', source: 'x', destination: '/mnt' },
    { says: /no such device/i },
  ),
  mount(
    'an option that tmpfs has not',
    { type: 'tmpfs', source: 'x', destination: '/mnt', options: ['frob=1'] },
    { says: /invalid argument/i },
  ),
  mount('a size that tmpfs cannot read', { type: 'tmpfs', source: 'x', destination: '/mnt', options: ['size=much'] }),
  mount(
    'a bind mount of what is not there',
    { type: 'bind', source: '/nonexistent', destination: '/mnt', options: ['bind'] },
    { says: /no such file or directory/i },
  ),
  mount('a bind mount without a source', { type: 'bind', destination: '/mnt', options: ['bind'] }, { runc: UNCHECKED }),
  mount(
    'a directory onto a file',
    { type: 'bind', source: '/etc', destination: '/etc/passwd', options: ['bind'] },
    { says: /not a directory/i },
  ),
  mount(
    'a file onto a directory',
    { type: 'bind', source: '/etc/passwd', destination: '/etc', options: ['bind'] },
    { says: /not a directory|is a directory/i },
  ),
  mount(
    'a tmpfs inside /proc',
    { type: 'tmpfs', source: 'x', destination: '/proc/sys' },
    { says: /inside \/proc/, runc: 'runc 1.1 mounts it' },
  ),
  mount('a tmpfs over /proc', { type: 'tmpfs', source: 'x', destination: '/proc' }),
  mount('a mount on the root itself', { type: 'tmpfs', source: 'x', destination: '/' }, { runc: 'runc 1.1 mounts it' }),
  mount(
    'a mount point that cannot be made',
    { type: 'tmpfs', source: 'x', destination: '/etc/passwd/below' },
    { says: /not a directory/i },
  ),

  wrong('linux is a string', '/linux', 'yes'),
  wrong('namespaces is an object', '/linux/namespaces', {}),
  namespaces('a namespace of unknown type', [...FIVE, { type: 'disk' }], { pointer: '/linux/namespaces/5' }),
  namespaces('a namespace without a type', [...FIVE, {}], { pointer: '/linux/namespaces/5' }),
  namespaces('a namespace twice', [...FIVE, { type: 'pid' }], { pointer: '/linux/namespaces/5' }),
  namespaces(
    'a namespace whose path is missing',
    [{ type: 'network', path: '/nonexistent' }, ...FIVE.filter((_, i) => i !== 1)],
    {
      pointer: '/linux/namespaces/0',
      says: /no such file or directory|not supported/i,
    },
  ),
  namespaces(
    'a namespace whose path is of another kind',
    [{ type: 'network', path: '/proc/self/ns/uts' }, ...FIVE.filter((_, i) => i !== 1)],
    {
      pointer: '/linux/namespaces/0',
      runc: LINES,
    },
  ),
  namespaces(
    'a namespace whose path is a plain file',
    [{ type: 'network', path: '/etc/passwd' }, ...FIVE.filter((_, i) => i !== 1)],
    {
      pointer: '/linux/namespaces/0',
      runc: LINES,
    },
  ),
  namespaces('masked paths without a mount namespace', FIVE.slice(0, 4), { pointer: '/linux/maskedPaths' }),
  wrong('maskedPaths is a string', '/linux/maskedPaths', '/proc/kcore'),
  wrong('a masked path is a number', '/linux/maskedPaths/0', 5),
  wrong('readonlyPaths is an object', '/linux/readonlyPaths', {}),
  wrong('rootfsPropagation is no propagation', '/linux/rootfsPropagation', 'public'),
  wrong('cgroupsPath is a number', '/linux/cgroupsPath', 5),
  wrong('resources is a list', '/linux/resources', []),
  wrong('a device rule without allow', '/linux/resources/devices/0', { access: 'rwm', type: 5 }),
  wrong('a device rule for an access that is none', '/linux/resources/devices/0/access', 'xyz', { runc: UNCHECKED }),
  wrong('pids.limit is a string', '/linux/resources/pids', { limit: 'many' }),
  wrong('a sysctl of the whole machine', '/linux/sysctl', { 'vm.swappiness': '1' }),

  wrong('a program that is not in PATH', '/process/args', ['nope'], { says: /executable file not found in \$PATH/ }),
  wrong('a program that does not exist', '/process/args', ['/bin/nope'], { says: /no such file or directory/ }),
  wrong('a program that is a directory', '/process/args', ['/etc'], { says: /is a directory|permission denied/ }),
  wrong('a program that is not executable', '/process/args', ['/etc/passwd'], { says: /permission denied/ }),
  wrong('a program whose name is empty', '/process/args', [''], { says: /executable file not found in \$PATH|args/ }),
  wrong('a terminal without a console socket', '/process/terminal', true, { says: /console|terminal/ }),
];

export interface BadText {
  readonly name: string;
  readonly text: string;
  /** Where the trouble is. */
  readonly line: number;
}

export const TEXTS: readonly BadText[] = [
  { name: 'empty', text: '', line: 1 },
  { name: 'blank', text: '\n\n  ', line: 3 },
  { name: 'an object that does not end', text: '{\n"ociVersion": "1.0.2",\n', line: 3 },
  { name: 'a comma too many', text: '{\n"ociVersion": "1.0.2",\n}', line: 3 },
  { name: 'a comma too few', text: '{\n"ociVersion": "1.0.2"\n"process": {}}', line: 3 },
  { name: 'a string that does not end', text: '{\n"ociVersion": "1.0.2\n}', line: 2 },
  { name: 'an unknown escape', text: '{\n"ociVersion": "\\x"}', line: 2 },
  { name: 'a comment', text: '{\n// a comment\n}', line: 2 },
  { name: 'a list', text: '[]', line: 1 },
  { name: 'a string', text: '"config"', line: 1 },
  { name: 'a bare word', text: 'config', line: 1 },
  { name: 'a number that is none', text: '{\n"ociVersion": 1.}', line: 2 },
  { name: 'lists in lists without end', text: '['.repeat(200_000), line: 1 },
];
