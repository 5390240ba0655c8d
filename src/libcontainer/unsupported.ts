import type { Config } from '../spec/config.ts';
import { ContainerError } from './errors.ts';

/**
 * What the specification has and tsrunc has not yet. Such a field is refused, never skipped: a container that
 * runs without the confinement it asked for is worse than none. docs/conformance.md lists the same.
 */
interface Unsupported {
  readonly pointer: string;
  readonly what: string;
  asked(config: Config): boolean;
}

const unsupported: readonly Unsupported[] = [
  { pointer: '/process/terminal', what: 'a terminal', asked: ({ process }) => process?.terminal === true },
  {
    pointer: '/hooks',
    what: 'hooks',
    asked: ({ hooks }) => Object.values(hooks ?? {}).some((list) => (list?.length ?? 0) > 0),
  },
  { pointer: '/linux/seccomp', what: 'seccomp', asked: ({ linux }) => linux?.seccomp !== undefined },
  { pointer: '/linux/intelRdt', what: 'Intel RDT', asked: ({ linux }) => linux?.intelRdt !== undefined },
  { pointer: '/linux/mountLabel', what: 'a mount label', asked: ({ linux }) => !!linux?.mountLabel },
  {
    pointer: '/linux/netDevices',
    what: 'network devices',
    asked: ({ linux }) => Object.keys(linux?.netDevices ?? {}).length > 0,
  },
];

/** Throws for the first field that is asked for and not there yet. */
export function refuseUnsupported(config: Config): void {
  const field = [...unsupported, ...unsupportedMounts(config)].find(({ asked }) => asked(config));
  if (!field) return;
  throw new ContainerError(
    'unsupported',
    `${field.pointer}: ${field.what} is not supported by this version of tsrunc`,
    {
      pointer: field.pointer,
    },
  );
}

function unsupportedMounts({ mounts }: Config): Unsupported[] {
  return (mounts ?? []).flatMap((mount, i) => {
    const pointer = `/mounts/${i}`;
    const word = mount.options?.findIndex((option) => unsupportedMountOption.test(option)) ?? -1;
    if (word >= 0) {
      return {
        pointer: `${pointer}/options/${word}`,
        what: `the mount option ${mount.options?.[word]}`,
        asked: () => true,
      };
    }
    if (!mount.uidMappings?.length && !mount.gidMappings?.length) return [];
    return { pointer: `${pointer}/uidMappings`, what: 'an idmapped mount', asked: () => true };
  });
}

/** Mount options that are refused. */
export const unsupportedMountOption = /^(r?idmap(=.*)?|tmpcopyup|remount|copy-symlink|src-nofollow|dest-nofollow)$/;
