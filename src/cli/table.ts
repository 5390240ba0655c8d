import type { CommandLine, OptionSpec } from '../engine/arguments.ts';
import { errorCodes } from '../libcontainer/error-codes.ts';
import { shells } from './completion/shells.ts';
import type { Command } from './context.ts';
import { checkpointOptions, restoreOptions } from './criu-option-specs.ts';
import { limits } from './limits.ts';
import { version } from './version.ts';

const containerId = { name: 'container-id', required: true, complete: 'container' } as const;
/** Of a container that is about to be: not one of those there are. */
const newId = { name: 'container-id', required: true } as const;

const bundle: OptionSpec = {
  name: 'bundle',
  alias: 'b',
  kind: 'string',
  value: 'DIR',
  complete: 'directory',
  help: 'directory of config.json and the root filesystem (default: the current directory)',
};

const sockets: readonly OptionSpec[] = [
  {
    name: 'console-socket',
    kind: 'string',
    value: 'PATH',
    complete: 'file',
    help: 'AF_UNIX socket that receives the master of the pseudoterminal',
  },
  {
    name: 'pidfd-socket',
    kind: 'string',
    value: 'PATH',
    complete: 'file',
    help: 'AF_UNIX socket that receives a pidfd of the process',
  },
];

const preserveFds: OptionSpec = {
  name: 'preserve-fds',
  kind: 'number',
  value: 'N',
  help: 'pass N file descriptors from 3 on to the process',
  default: '0',
};

/** What `create` takes, and `run` too. */
const createOptions: readonly OptionSpec[] = [
  bundle,
  ...sockets,
  { name: 'pid-file', kind: 'string', value: 'FILE', complete: 'file', help: "file to write init's process ID to" },
  { name: 'no-pivot', kind: 'boolean', help: 'do not use pivot_root, as for a rootfs on top of a ramdisk' },
  { name: 'no-new-keyring', kind: 'boolean', help: "let the container inherit the caller's session keyring" },
  preserveFds,
];

/** Every command, in the order of the help. The one place that knows their names, arguments and options. */
export const commands: readonly Command[] = [
  {
    name: 'create',
    description: 'create a container',
    arguments: [newId],
    options: createOptions,
    examples: [['tsrunc create --bundle /bundles/web web', 'make the container `web`; its program waits for start']],
    load: () => import('./commands/create.ts'),
  },
  {
    name: 'run',
    description: 'create a container, start it and wait for its end',
    arguments: [newId],
    options: [
      ...createOptions,
      { name: 'detach', alias: 'd', kind: 'boolean', help: 'do not wait for the end' },
      { name: 'keep', kind: 'boolean', help: 'do not delete the container when its process has ended' },
      { name: 'no-subreaper', kind: 'boolean', help: 'do not adopt and reap the orphans of the container' },
      { name: 'hold', kind: 'boolean', help: 'leave it to another command to start the container', hidden: true },
    ],
    examples: [
      ['tsrunc run --bundle /bundles/web web', 'run `web` until its program ends'],
      ['tsrunc run -d --pid-file /run/web.pid web', 'return once it runs, and leave its PID in a file'],
    ],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'start',
    description: "execute the user's process in a created container",
    arguments: [containerId],
    options: [],
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'exec',
    description: 'run another process in a container',
    arguments: [containerId, { name: 'command', required: false }, { name: 'arg', required: false, variadic: true }],
    stopAtPositional: true,
    options: [
      ...sockets,
      { name: 'cwd', kind: 'string', value: 'DIR', help: 'working directory in the container' },
      { name: 'env', alias: 'e', kind: 'strings', value: 'NAME=VALUE', help: 'add a variable to the environment' },
      { name: 'tty', alias: 't', kind: 'boolean', help: 'allocate a pseudoterminal' },
      { name: 'user', alias: 'u', kind: 'string', value: 'UID[:GID]', help: 'user, and group, as numbers' },
      { name: 'additional-gids', alias: 'g', kind: 'strings', value: 'GID', help: 'add a supplementary group' },
      {
        name: 'process',
        alias: 'p',
        kind: 'string',
        value: 'FILE',
        complete: 'file',
        help: 'file with the process as in config.json; of the other options those about it do not count then',
      },
      { name: 'detach', alias: 'd', kind: 'boolean', help: 'do not wait for the end' },
      { name: 'pid-file', kind: 'string', value: 'FILE', complete: 'file', help: 'file to write the process ID to' },
      { name: 'process-label', kind: 'string', value: 'LABEL', help: 'SELinux label' },
      { name: 'apparmor', kind: 'string', value: 'PROFILE', help: 'AppArmor profile' },
      { name: 'no-new-privs', kind: 'boolean', help: 'set no_new_privs' },
      { name: 'cap', alias: 'c', kind: 'strings', value: 'CAPABILITY', help: 'add a capability' },
      preserveFds,
      {
        name: 'cgroup',
        kind: 'strings',
        value: 'PATH',
        help: "cgroup below the container's, which must be there",
      },
      { name: 'ignore-paused', kind: 'boolean', help: 'enter a paused container, and begin when it is resumed' },
    ],
    failureStatus: 255,
    examples: [
      ['tsrunc exec web ps', 'run `ps` in the container `web`'],
      ['tsrunc exec --user 1000:1000 --cwd /tmp web sh -c "id; pwd"', 'the same for another user and directory'],
    ],
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'state',
    description: 'print the state of a container as JSON',
    arguments: [containerId],
    options: [],
    load: () => import('./commands/state.ts'),
  },
  {
    name: 'kill',
    description: "send a signal (SIGTERM unless given) to the container's init process",
    arguments: [containerId, { name: 'signal', required: false, complete: 'signal' }],
    options: [
      {
        name: 'all',
        alias: 'a',
        kind: 'boolean',
        help: 'signal every process of the container',
        hidden: true,
      },
    ],
    examples: [['tsrunc kill web KILL', 'end it at once']],
    load: () => import('./commands/kill.ts'),
  },
  {
    name: 'pause',
    description: 'suspend every process of a container',
    arguments: [containerId],
    options: [],
    load: () => import('./commands/pause.ts'),
  },
  {
    name: 'resume',
    description: 'let the processes of a paused container go on',
    arguments: [containerId],
    options: [],
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'ps',
    description: 'show the processes of a container',
    arguments: [containerId, { name: 'ps options', required: false, variadic: true }],
    stopAtPositional: true,
    options: [
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        help: "table, what the machine's ps says with the options given (-ef), or json, process IDs",
        default: 'table',
      },
    ],
    load: () => import('./commands/ps.ts'),
  },
  {
    name: 'events',
    description: 'print statistics of a container, and out-of-memory kills when they happen, as lines of JSON',
    arguments: [containerId],
    options: [
      {
        name: 'interval',
        kind: 'string',
        value: 'DURATION',
        help: 'time from one line of statistics to the next: 500ms, 1m30s',
        default: '5s',
      },
      { name: 'stats', kind: 'boolean', help: 'print the statistics once' },
    ],
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'update',
    description: 'change the limits of a container',
    arguments: [containerId],
    options: [
      {
        name: 'resources',
        alias: 'r',
        kind: 'string',
        value: 'FILE',
        help: 'JSON file like linux.resources of config.json, - for standard input; the other limits do not count then',
      },
      ...limits,
      { name: 'l3-cache-schema', kind: 'string', value: 'SCHEMA', help: 'Intel RDT: portions of the L3 cache' },
      { name: 'mem-bw-schema', kind: 'string', value: 'SCHEMA', help: 'Intel RDT: memory bandwidth' },
    ],
    load: () => import('./commands/update.ts'),
  },
  {
    name: 'checkpoint',
    description: 'save a running container with criu, and end it',
    arguments: [containerId],
    options: checkpointOptions,
    examples: [
      ['tsrunc checkpoint --image-path /images/web web', 'save and end it'],
      ['tsrunc checkpoint --leave-running --image-path /images/web web', 'save it, and let it go on'],
    ],
    dependsOnMachine: true,
    load: () => import('./commands/checkpoint.ts'),
  },
  {
    name: 'restore',
    description: 'bring a container back that was saved by checkpoint, and wait for its end',
    arguments: [newId],
    options: [
      bundle,
      ...sockets.filter(({ name }) => name === 'console-socket'),
      { name: 'pid-file', kind: 'string', value: 'FILE', complete: 'file', help: "file to write init's process ID to" },
      { name: 'detach', alias: 'd', kind: 'boolean', help: 'do not wait for the end' },
      { name: 'no-subreaper', kind: 'boolean', help: 'do not adopt and reap the orphans of the container' },
      { name: 'no-pivot', kind: 'boolean', help: 'without effect: criu enters the root as it does' },
      ...restoreOptions,
    ],
    examples: [['tsrunc restore -d --image-path /images/web --bundle /bundles/web web', 'return once it runs again']],
    dependsOnMachine: true,
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'delete',
    description: 'delete what a stopped container still holds',
    arguments: [containerId],
    options: [
      { name: 'force', alias: 'f', kind: 'boolean', help: 'kill the container first (SIGKILL) if it still runs' },
    ],
    examples: [['tsrunc delete --force web', 'kill it, and remove what it held']],
    load: () => import('./commands/delete.ts'),
  },
  {
    name: 'list',
    description: 'list the containers of the state directory',
    arguments: [],
    options: [
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        complete: ['table', 'json'],
        help: 'table or json',
        default: 'table',
      },
      { name: 'quiet', alias: 'q', kind: 'boolean', help: 'print the IDs only' },
    ],
    examples: [['tsrunc list --format json', 'for programs']],
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'spec',
    description: 'write a config.json to start from',
    arguments: [],
    options: [
      { ...bundle, help: 'directory to write it in (default: the current directory)' },
      { name: 'rootless', kind: 'boolean', help: 'for a container that its caller can create without being root' },
    ],
    load: () => import('./commands/spec.ts'),
  },
  {
    name: 'validate',
    description: 'say everything that is wrong with a config.json',
    arguments: [],
    options: [
      bundle,
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        complete: ['text', 'json'],
        help: 'text or json',
        default: 'text',
      },
      { name: 'strict', kind: 'boolean', help: 'a warning is a failure, too' },
      { name: 'no-host', kind: 'boolean', help: 'leave out what this machine cannot do' },
    ],
    examples: [['tsrunc validate --bundle /bundles/web --strict', 'fail on warnings, too']],
    load: () => import('./commands/validate.ts'),
  },
  {
    name: 'plan',
    description: 'say what create and start would do, without doing it',
    arguments: [{ name: 'container-id', required: false }],
    options: [
      ...createOptions,
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        complete: ['text', 'json'],
        help: 'text or json',
        default: 'text',
      },
      { name: 'diff', kind: 'string', value: 'DIR', complete: 'directory', help: 'the difference to another bundle' },
    ],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'check',
    description: 'say whether this host can run containers, and what it lacks',
    arguments: [],
    options: [
      { ...bundle, help: 'ask for what the container of this bundle needs, not for what containers may need' },
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        complete: ['text', 'json'],
        help: 'text or json',
        default: 'text',
      },
    ],
    examples: [['tsrunc check --bundle /bundles/web', 'what is missing for this bundle, and what to do about it']],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'gc',
    description: 'remove what runs that were killed have left',
    arguments: [],
    options: [
      { name: 'dry-run', kind: 'boolean', help: 'only say what would be removed' },
      {
        name: 'format',
        alias: 'f',
        kind: 'string',
        value: 'FORMAT',
        complete: ['text', 'json'],
        help: 'text or json',
        default: 'text',
      },
    ],
    load: () => import('./commands/gc.ts'),
  },
  {
    name: 'explain',
    description: 'say what the code of an error means, and what to do',
    arguments: [{ name: 'code', required: false, complete: Object.keys(errorCodes) }],
    options: [],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'features',
    description: 'print what this runtime supports as JSON',
    arguments: [],
    options: [],
    load: () => import('./commands/features.ts'),
  },
  {
    name: 'completion',
    description: 'print a completion script for a shell',
    arguments: [{ name: 'shell', required: true, complete: shells }],
    options: [],
    examples: [
      ['source <(tsrunc completion bash)', 'completion in this bash'],
      ['tsrunc completion fish > ~/.config/fish/completions/tsrunc.fish', 'in every fish'],
    ],
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'help',
    description: 'print the commands, or the options of one',
    arguments: [{ name: 'command', required: false, complete: 'command' }],
    options: [],
    load: () => import('./commands/help.ts'),
  },
];

export const commandLine: CommandLine = {
  program: 'tsrunc',
  version,
  description: 'Open Container Initiative runtime',
  commands,
  options: [
    { name: 'debug', kind: 'boolean', help: 'log what is being done, too' },
    {
      name: 'log',
      kind: 'string',
      value: 'FILE',
      complete: 'file',
      help: 'file to append log lines to (default: standard error)',
    },
    {
      name: 'log-format',
      kind: 'string',
      value: 'FORMAT',
      complete: ['text', 'json'],
      help: 'text or json',
      default: 'text',
    },
    {
      name: 'trace',
      kind: 'string',
      value: 'FILE',
      complete: 'file',
      help: 'write steps and system calls with their times to a .json, .html or .txt file',
    },
    {
      name: 'error-format',
      kind: 'string',
      value: 'FORMAT',
      complete: ['text', 'json'],
      help: 'of a failure on standard error: text or json',
      default: 'text',
    },
    {
      name: 'log-level',
      kind: 'string',
      value: 'LEVEL',
      complete: ['error', 'warning', 'debug'],
      help: 'error, warning or debug',
      default: 'error',
    },
    {
      name: 'root',
      kind: 'string',
      value: 'DIR',
      complete: 'directory',
      help: 'state directory, on a tmpfs; $XDG_RUNTIME_DIR/tsrunc when rootless',
      default: '/run/tsrunc',
    },
    { name: 'systemd-cgroup', kind: 'boolean', help: 'let systemd make the cgroup: --cgroup-manager=systemd' },
    {
      name: 'cgroup-manager',
      kind: 'string',
      value: 'MANAGER',
      complete: ['cgroupfs', 'systemd', 'disabled'],
      help: 'cgroupfs, systemd or disabled',
      default: 'cgroupfs',
    },
    {
      name: 'rootless',
      kind: 'string',
      value: 'WHEN',
      complete: ['true', 'false', 'auto'],
      help: 'ignore cgroup permission errors: true, false or auto',
      default: 'auto',
    },
    { name: 'help', alias: 'h', kind: 'boolean', help: 'print this help' },
    { name: 'version', alias: 'v', kind: 'boolean', help: 'print the version' },
  ],
};
