import type { mountAttributes, propagations } from '../../syscalls/constants.ts';

/**
 * The words of `mounts[].options` that are not data of the file system, and what each does. `features` lists
 * them from here, the parser reads them here: a new option is one row.
 */
type Attribute = keyof typeof mountAttributes;

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
  | { readonly effect: 'remount' }
  | { readonly effect: 'tmpcopyup' }
  | { readonly effect: 'none' };

const set = (attribute: Attribute) => ({ effect: 'set', attribute }) as const;
const clear = (attribute: Attribute) => ({ effect: 'clear', attribute }) as const;
const setAll = (attribute: Attribute) => ({ effect: 'set', attribute, recursive: true }) as const;
const clearAll = (attribute: Attribute) => ({ effect: 'clear', attribute, recursive: true }) as const;
const propagation = (name: keyof typeof propagations, recursive: boolean) =>
  ({ effect: 'propagation', propagation: name, recursive }) as const;

export const mountOptions: Readonly<Record<string, MountOption>> = {
  async: { effect: 'superblock' },
  atime: clear('MOUNT_ATTR_NOATIME'),
  bind: { effect: 'bind', recursive: false },
  defaults: { effect: 'none' },
  dev: clear('MOUNT_ATTR_NODEV'),
  diratime: clear('MOUNT_ATTR_NODIRATIME'),
  dirsync: { effect: 'superblock', flag: 'dirsync' },
  exec: clear('MOUNT_ATTR_NOEXEC'),
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
  remount: { effect: 'remount' },
  rexec: clearAll('MOUNT_ATTR_NOEXEC'),
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
  strictatime: { effect: 'atime', attribute: 'MOUNT_ATTR_STRICTATIME' },
  suid: clear('MOUNT_ATTR_NOSUID'),
  symfollow: clear('MOUNT_ATTR_NOSYMFOLLOW'),
  sync: { effect: 'superblock', flag: 'sync' },
  tmpcopyup: { effect: 'tmpcopyup' },
  unbindable: propagation('MS_UNBINDABLE', false),
};

/** The options of one mount, sorted out. Of two that contradict each other the last wins. */
export interface ParsedOptions {
  readonly bind: 'no' | 'bind' | 'rbind';
  readonly remount: boolean;
  readonly tmpcopyup: boolean;
  /** Attributes to set and to clear on the mount itself. */
  readonly own: AttributeChange;
  /** The same for the whole tree; undefined if no option asks for it. */
  readonly tree: AttributeChange | undefined;
  readonly propagations: readonly { readonly type: keyof typeof propagations; readonly recursive: boolean }[];
  /** Flags of the superblock, for a new file system. */
  readonly superblock: readonly string[];
  /** Everything else, for the file system itself: `size=65536k`, `newinstance`. */
  readonly data: readonly string[];
}

export interface AttributeChange {
  readonly set: readonly Attribute[];
  readonly clear: readonly Attribute[];
}

export function parseMountOptions(options: readonly string[]): ParsedOptions {
  const own = new Attributes();
  const tree = new Attributes();
  const superblock = new Set<string>();
  const propagationList: { type: keyof typeof propagations; recursive: boolean }[] = [];
  const data: string[] = [];
  let bind: ParsedOptions['bind'] = 'no';
  let remount = false;
  let tmpcopyup = false;
  for (const word of options) {
    const option = Object.hasOwn(mountOptions, word) ? mountOptions[word] : undefined;
    switch (option?.effect) {
      case undefined:
        if (word !== '') data.push(word);
        break;
      case 'set':
      case 'clear':
        (option.recursive ? tree : own).change(option.effect, option.attribute);
        if (option.superblock) superblock[option.effect === 'set' ? 'add' : 'delete'](option.superblock);
        break;
      case 'atime':
        (option.recursive ? tree : own).atime(option.attribute);
        break;
      case 'propagation':
        propagationList.push({ type: option.propagation, recursive: option.recursive });
        break;
      case 'bind':
        bind = option.recursive ? 'rbind' : 'bind';
        break;
      case 'superblock':
        if (option.flag) superblock.add(option.flag);
        else superblock.delete(word.replace(/^(no|a)/, ''));
        break;
      case 'remount':
        remount = true;
        break;
      case 'tmpcopyup':
        tmpcopyup = true;
        break;
      case 'none':
        break;
    }
  }
  return {
    bind,
    remount,
    tmpcopyup,
    own: own.result(),
    tree: tree.asked ? tree.result() : undefined,
    propagations: propagationList,
    superblock: [...superblock],
    data,
  };
}

/** Attributes as the options name them one after the other. */
class Attributes {
  asked = false;
  private readonly wanted = new Map<Attribute, 'set' | 'clear'>();
  private atimeRule: { attribute: Attribute | undefined } | undefined;

  change(effect: 'set' | 'clear', attribute: Attribute): void {
    this.asked = true;
    this.wanted.set(attribute, effect);
  }

  atime(attribute: Attribute | undefined): void {
    this.asked = true;
    this.atimeRule = { attribute };
  }

  /** The kernel takes a new access time rule only together with the old one's removal (mount_setattr(2)). */
  result(): AttributeChange {
    const named = (effect: 'set' | 'clear') => [...this.wanted].filter(([, e]) => e === effect).map(([a]) => a);
    const rule = this.atimeRule;
    const clear = named('clear').filter((attribute) => attribute !== 'MOUNT_ATTR_NOATIME');
    const dropsAtime = rule !== undefined || clear.length !== named('clear').length;
    return {
      set: [...named('set'), ...(rule?.attribute ? [rule.attribute] : [])],
      clear: dropsAtime ? [...clear, 'MOUNT_ATTR__ATIME'] : clear,
    };
  }
}
