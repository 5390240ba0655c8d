import type { OptionSpec } from '../engine/arguments.ts';

/** The options of `checkpoint` and `restore` that are criu's: one list each, and what they share. */

const directory = (name: string, help: string): OptionSpec => ({
  name,
  kind: 'string',
  value: 'DIR',
  complete: 'directory',
  help,
});
const boolean = (name: string, help: string): OptionSpec => ({ name, kind: 'boolean', help });

const shared = {
  image: directory('image-path', 'directory of the images (default: ./checkpoint)'),
  work: directory('work-path', 'directory where criu works and writes its log (default: that of the images)'),
  tcp: boolean('tcp-established', 'open TCP connections, too'),
  unix: boolean('ext-unix-sk', 'Unix sockets whose other end is outside, too'),
  shell: boolean('shell-job', 'a process that shares the session and terminal of its caller'),
  locks: boolean('file-locks', 'file locks, too'),
  cgroups: {
    name: 'manage-cgroups-mode',
    kind: 'string',
    value: 'MODE',
    complete: ['soft', 'full', 'strict', 'ignore'],
    help: 'what criu does about cgroups: soft, full, strict or ignore',
    default: 'soft',
  },
  networkLock: {
    name: 'network-lock',
    kind: 'string',
    value: 'METHOD',
    complete: ['iptables', 'nftables', 'skip'],
    help: 'how the network is stopped meanwhile: iptables, nftables or skip',
    default: 'iptables',
  },
  emptyNs: {
    name: 'empty-ns',
    kind: 'strings',
    value: 'NAMESPACE',
    complete: ['network'],
    help: 'make the namespace without what was in it; network always is so',
  },
  dedup: boolean('auto-dedup', 'drop memory from images of pre-dumps that a later one has again'),
} as const satisfies Readonly<Record<string, OptionSpec>>;

export const checkpointOptions: readonly OptionSpec[] = [
  shared.image,
  shared.work,
  {
    name: 'parent-path',
    kind: 'string',
    value: 'DIR',
    help: 'images of an earlier pre-dump, relative to those that are made',
  },
  boolean('leave-running', 'let the container go on afterwards'),
  shared.tcp,
  boolean('tcp-skip-in-flight', 'leave TCP connections out that are being made'),
  boolean('link-remap', 'link files that were deleted, but are open, for the time being'),
  shared.unix,
  shared.shell,
  boolean('lazy-pages', 'serve memory to the restore when it asks for it'),
  {
    name: 'status-fd',
    kind: 'number',
    value: 'FD',
    help: 'descriptor that gets a zero byte when lazy pages can be asked for',
    default: '-1',
  },
  { name: 'page-server', kind: 'string', value: 'ADDRESS:PORT', help: 'send memory to the page server there' },
  shared.locks,
  boolean('pre-dump', 'save memory only, and let the container go on'),
  shared.cgroups,
  shared.networkLock,
  shared.emptyNs,
  shared.dedup,
];

export const restoreOptions: readonly OptionSpec[] = [
  shared.image,
  shared.work,
  shared.tcp,
  shared.unix,
  shared.shell,
  shared.locks,
  shared.cgroups,
  shared.networkLock,
  shared.emptyNs,
  shared.dedup,
  boolean('tcp-close', 'bring TCP connections back closed'),
  boolean('lazy-pages', 'fetch memory when it is needed, from criu lazy-pages'),
  {
    name: 'lsm-profile',
    kind: 'string',
    value: 'TYPE:NAME',
    help: 'security label instead of the saved one: selinux:LABEL or apparmor:PROFILE',
  },
  { name: 'lsm-mount-context', kind: 'string', value: 'CONTEXT', help: 'SELinux context of mounts that have one' },
];
