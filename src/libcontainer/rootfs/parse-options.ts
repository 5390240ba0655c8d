import type { Mount } from '../../spec/config.ts';
import type { propagations } from '../../syscalls/constants.ts';
import { type Attribute, type Manner, type MountOption, mountOptions } from './mount-options.ts';

/** The options of one mount, sorted out. Of two that contradict each other the last wins. */
export interface ParsedOptions {
  readonly bind: 'no' | 'bind' | 'rbind';
  readonly manners: ReadonlySet<Manner>;
  /** Undefined: IDs are not mapped. `mappings` is what the option itself says of them. */
  readonly idmap: { readonly recursive: boolean; readonly mappings?: string } | undefined;
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

/** The options of `mount`, taken apart once: several steps ask. */
export function optionsOf({ options = [] }: Pick<Mount, 'options'>): ParsedOptions {
  const known = parsed.get(options) ?? parseMountOptions(options);
  parsed.set(options, known);
  return known;
}

const parsed = new WeakMap<readonly string[], ParsedOptions>();

export function parseMountOptions(options: readonly string[]): ParsedOptions {
  const own = new Attributes();
  const tree = new Attributes();
  const superblock = new Set<string>();
  const propagationList: { type: keyof typeof propagations; recursive: boolean }[] = [];
  const data: string[] = [];
  let bind: ParsedOptions['bind'] = 'no';
  let idmap: ParsedOptions['idmap'];
  const manners = new Set<Manner>();
  for (const word of options) {
    const option = optionOf(word);
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
      case 'idmap':
        idmap = { recursive: option.recursive, ...(word.includes('=') && { mappings: word.replace(/^[^=]*=/, '') }) };
        break;
      case 'manner':
        manners.add(option.manner);
        break;
      case 'none':
        break;
    }
  }
  return {
    bind,
    manners,
    idmap,
    own: own.result(),
    tree: tree.asked ? tree.result() : undefined,
    propagations: propagationList,
    superblock: [...superblock],
    data,
  };
}

/** The only option that may have a value is `idmap`, with or without the `r`. */
function optionOf(word: string): MountOption | undefined {
  const equals = word.indexOf('=');
  const name = equals > 0 && word.slice(0, equals).endsWith('idmap') ? word.slice(0, equals) : word;
  return Object.hasOwn(mountOptions, name) ? mountOptions[name] : undefined;
}

/** Attributes as the options name them one after the other. */
class Attributes {
  asked = false;
  private readonly wanted = new Map<Attribute, 'set' | 'clear'>();
  private atimeRule: { attribute: Attribute | undefined } | undefined;

  change(effect: 'set' | 'clear', attribute: Attribute): void {
    this.asked = true;
    this.wanted.set(attribute, effect);
    // `atime` takes back a `noatime` before it.
    if (effect === 'clear' && this.atimeRule?.attribute === attribute) this.atimeRule = { attribute: undefined };
  }

  atime(attribute: Attribute | undefined): void {
    this.asked = true;
    this.atimeRule = { attribute };
  }

  /** The kernel takes a new access time rule only together with the old one's removal (mount_setattr(2)). */
  result(): AttributeChange {
    const set: Attribute[] = [];
    const clear: Attribute[] = [];
    const rule = this.atimeRule;
    let dropsAtime = rule !== undefined;
    for (const [attribute, effect] of this.wanted) {
      if (effect === 'set') set.push(attribute);
      else if (attribute === 'MOUNT_ATTR_NOATIME') dropsAtime = true;
      else clear.push(attribute);
    }
    return {
      set: rule?.attribute ? [...set, rule.attribute] : set,
      clear: dropsAtime ? [...clear, 'MOUNT_ATTR__ATIME'] : clear,
    };
  }
}
