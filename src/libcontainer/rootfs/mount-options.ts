import type { mountAttributes, propagations } from '../../syscalls/constants.ts';

/**
 * The words of `mounts[].options` that are not data of the file system, and what each does. `features` lists
 * them from here, parse-options.ts reads them here: a new option is one row.
 */
export type Attribute = keyof typeof mountAttributes;

export type MountOption =
  /** An attribute of the mount; `superblock` is the flag that mount(2) would set on a new file system with it. */
  | {
      readonly effect: 'set' | 'clear';
      readonly attribute: Attribute;
      readonly recursive?: true;
      readonly superblock?: 'ro';
    }
  /** One of the access time rules, which exclude each other; no attribute means relatime. */
  | { readonly effect: 'atime'; readonly attribute?: Attribute; readonly recursive?: true }
  | { readonly effect: 'propagation'; readonly propagation: keyof typeof propagations; readonly recursive: boolean }
  | { readonly effect: 'bind'; readonly recursive: boolean }
  /** A flag of the superblock, by fsconfig's name; without a name the option turns one off and so adds nothing. */
  | { readonly effect: 'superblock'; readonly flag?: string }
  /** IDs are mapped; `NAME=MAPPINGS` says how (crun). */
  | { readonly effect: 'idmap'; readonly recursive: boolean }
  | { readonly effect: 'manner'; readonly manner: Manner }
  | { readonly effect: 'none' };

/** What is done differently from a plain mount. */
export type Manner =
  /** No new mount: what is at the destination gets the options. */
  | 'remount'
  /** A tmpfs starts with the content of the directory that it covers. */
  | 'tmpcopyup'
  /** A source that is a symlink is copied to the destination as a symlink (crun). */
  | 'copySymlink'
  /** A source that is a symlink is mounted itself (crun). */
  | 'sourceNofollow'
  /** A destination that is a symlink is mounted on itself (crun). */
  | 'destinationNofollow';

const set = (attribute: Attribute) => ({ effect: 'set', attribute }) as const;
const clear = (attribute: Attribute) => ({ effect: 'clear', attribute }) as const;
const setAll = (attribute: Attribute) => ({ effect: 'set', attribute, recursive: true }) as const;
const clearAll = (attribute: Attribute) => ({ effect: 'clear', attribute, recursive: true }) as const;
const manner = (name: Manner) => ({ effect: 'manner', manner: name }) as const;
const propagation = (name: keyof typeof propagations, recursive: boolean) =>
  ({ effect: 'propagation', propagation: name, recursive }) as const;

export const mountOptions: Readonly<Record<string, MountOption>> = {
  async: { effect: 'superblock' },
  atime: clear('MOUNT_ATTR_NOATIME'),
  bind: { effect: 'bind', recursive: false },
  'copy-symlink': manner('copySymlink'),
  defaults: { effect: 'none' },
  'dest-nofollow': manner('destinationNofollow'),
  dev: clear('MOUNT_ATTR_NODEV'),
  diratime: clear('MOUNT_ATTR_NODIRATIME'),
  dirsync: { effect: 'superblock', flag: 'dirsync' },
  exec: clear('MOUNT_ATTR_NOEXEC'),
  idmap: { effect: 'idmap', recursive: false },
  iversion: { effect: 'superblock', flag: 'iversion' },
  lazytime: { effect: 'superblock', flag: 'lazytime' },
  loud: { effect: 'none' },
  mand: { effect: 'superblock', flag: 'mand' },
  noatime: { effect: 'atime', attribute: 'MOUNT_ATTR_NOATIME' },
  nodev: set('MOUNT_ATTR_NODEV'),
  nodiratime: set('MOUNT_ATTR_NODIRATIME'),
  noexec: set('MOUNT_ATTR_NOEXEC'),
  noiversion: { effect: 'superblock' },
  nolazytime: { effect: 'superblock' },
  nomand: { effect: 'superblock' },
  norelatime: { effect: 'none' },
  nostrictatime: { effect: 'none' },
  nosuid: set('MOUNT_ATTR_NOSUID'),
  nosymfollow: set('MOUNT_ATTR_NOSYMFOLLOW'),
  private: propagation('MS_PRIVATE', false),
  ratime: { effect: 'atime', recursive: true },
  rbind: { effect: 'bind', recursive: true },
  rdev: clearAll('MOUNT_ATTR_NODEV'),
  rdiratime: clearAll('MOUNT_ATTR_NODIRATIME'),
  relatime: { effect: 'atime' },
  remount: manner('remount'),
  rexec: clearAll('MOUNT_ATTR_NOEXEC'),
  ridmap: { effect: 'idmap', recursive: true },
  rnoatime: { effect: 'atime', attribute: 'MOUNT_ATTR_NOATIME', recursive: true },
  rnodev: setAll('MOUNT_ATTR_NODEV'),
  rnodiratime: setAll('MOUNT_ATTR_NODIRATIME'),
  rnoexec: setAll('MOUNT_ATTR_NOEXEC'),
  rnorelatime: { effect: 'none' },
  rnostrictatime: { effect: 'none' },
  rnosuid: setAll('MOUNT_ATTR_NOSUID'),
  rnosymfollow: setAll('MOUNT_ATTR_NOSYMFOLLOW'),
  ro: { effect: 'set', attribute: 'MOUNT_ATTR_RDONLY', superblock: 'ro' },
  rprivate: propagation('MS_PRIVATE', true),
  rrelatime: { effect: 'atime', recursive: true },
  rro: setAll('MOUNT_ATTR_RDONLY'),
  rrw: clearAll('MOUNT_ATTR_RDONLY'),
  rshared: propagation('MS_SHARED', true),
  rslave: propagation('MS_SLAVE', true),
  rstrictatime: { effect: 'atime', attribute: 'MOUNT_ATTR_STRICTATIME', recursive: true },
  rsuid: clearAll('MOUNT_ATTR_NOSUID'),
  rsymfollow: clearAll('MOUNT_ATTR_NOSYMFOLLOW'),
  runbindable: propagation('MS_UNBINDABLE', true),
  rw: { effect: 'clear', attribute: 'MOUNT_ATTR_RDONLY', superblock: 'ro' },
  shared: propagation('MS_SHARED', false),
  silent: { effect: 'none' },
  slave: propagation('MS_SLAVE', false),
  'src-nofollow': manner('sourceNofollow'),
  strictatime: { effect: 'atime', attribute: 'MOUNT_ATTR_STRICTATIME' },
  suid: clear('MOUNT_ATTR_NOSUID'),
  symfollow: clear('MOUNT_ATTR_NOSYMFOLLOW'),
  sync: { effect: 'superblock', flag: 'sync' },
  tmpcopyup: manner('tmpcopyup'),
  unbindable: propagation('MS_UNBINDABLE', false),
};
