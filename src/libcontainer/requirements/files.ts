import { isErrno } from '../../engine/errors.ts';
import type { Mount } from '../../spec/config.ts';
import { quote, type Violation } from '../../spec/validate/check.ts';
import { hooksOf } from '../../spec/validate/hooks.ts';
import { rootfsOf } from '../bundle.ts';
import { ContainerError } from '../errors.ts';
import { isBind } from '../rootfs/mounts.ts';
import { optionsOf } from '../rootfs/parse-options.ts';
import { inBundle, type Requirement, type Site } from './requirement.ts';

/** Files of the host that the configuration names. */
export const FILE_REQUIREMENTS: readonly Requirement[] = [
  {
    severity: 'error',
    *find(config, site) {
      const fault = rootfsFault(() => rootfsOf(site.engine, site.bundle, config));
      if (fault) yield fault;
    },
  },
  {
    severity: 'error',
    *find({ mounts = [] }, site) {
      for (const [index, mount] of mounts.entries()) {
        const source = bindSource(mount);
        if (source === undefined) continue;
        const fault = missing(site, inBundle(site, source));
        if (fault) yield { pointer: `/mounts/${index}/source`, message: fault };
      }
    },
  },
  {
    severity: 'error',
    *find(config, site) {
      for (const { hook, pointer } of hooksOf(config)) {
        const fault = hook.path.startsWith('/') ? notExecutable(site, hook.path) : undefined;
        // What startContainer names is a file of the container.
        if (fault && !pointer.startsWith('/hooks/startContainer/'))
          yield { pointer: `${pointer}/path`, message: fault };
      }
    },
  },
  {
    severity: 'error',
    *find({ linux }, site) {
      for (const [index, { path }] of (linux?.namespaces ?? []).entries()) {
        const fault = path?.startsWith('/') ? missing(site, path) : undefined;
        if (fault) yield { pointer: `/linux/namespaces/${index}/path`, message: fault };
      }
    },
  },
  {
    severity: 'error',
    *find({ linux }, site) {
      for (const name of Object.keys(linux?.netDevices ?? {})) {
        const fault = missing(site, `/sys/class/net/${name}`);
        if (!fault) continue;
        yield { pointer: `/linux/netDevices/${name}`, message: `there is no network device ${quote(name)} here` };
      }
    },
  },
];

function rootfsFault(find: () => void): Violation | undefined {
  try {
    find();
    return undefined;
  } catch (error) {
    if (!(error instanceof ContainerError)) return undefined;
    const pointer = error.pointer ?? '/root';
    const message = error.message.replace(`config.json: ${pointer}: `, '');
    return { pointer, message: isErrno(error.cause, 'ENOENT') ? `${message}: it does not exist` : message };
  }
}

function bindSource(mount: Mount): string | undefined {
  const options = optionsOf(mount);
  // A source that is looked at as a link may dangle.
  if (!isBind(mount, options) || options.manners.has('sourceNofollow') || options.manners.has('copySymlink')) return;
  return mount.source === '' ? undefined : mount.source;
}

/** Only what is certain: a directory that may not be searched tells nothing. */
function missing({ engine }: Site, path: string): string | undefined {
  try {
    engine.files.stat(path);
    return undefined;
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP') ? `${quote(path)} does not exist on this host` : undefined;
  }
}

function notExecutable(site: Site, path: string): string | undefined {
  const fault = missing(site, path);
  if (fault) return fault;
  try {
    const { kind, mode } = site.engine.files.stat(path);
    if (kind !== 'file') return `${quote(path)} is a ${kind}, not a program`;
    return (mode & 0o111) === 0 ? `${quote(path)} is not executable` : undefined;
  } catch {
    return undefined;
  }
}
