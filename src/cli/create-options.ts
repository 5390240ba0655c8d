import type { ParsedCommand } from '../engine/arguments.ts';
import type { Files } from '../engine/engine.ts';
import { ContainerError } from '../libcontainer/errors.ts';
import type { CreateOptions } from '../libcontainer/options.ts';
import { absolute, enterBundle } from './paths.ts';
import { flag, number, text } from './values.ts';

/** What `create` and `run` have in common. The bundle is the current directory afterwards. */
export function createOptions(files: Files, options: ParsedCommand['options']): CreateOptions {
  const pidFile = text(options, 'pid-file') ?? '';
  const consoleSocket = text(options, 'console-socket') ?? '';
  const pidfdSocket = text(options, 'pidfd-socket') ?? '';
  const paths = {
    ...(pidFile !== '' && { pidFile: absolute(files, pidFile) }),
    ...(consoleSocket !== '' && { consoleSocket: absolute(files, consoleSocket) }),
    ...(pidfdSocket !== '' && { pidfdSocket: absolute(files, pidfdSocket) }),
  };
  return {
    ...paths,
    noPivot: flag(options, 'no-pivot'),
    noNewKeyring: flag(options, 'no-new-keyring'),
    preserveFds: preserveFds(options),
    // Last: what was relative above was so to the caller's directory.
    bundle: enterBundle(files, text(options, 'bundle')),
  };
}

export function preserveFds(options: ParsedCommand['options']): number {
  const count = number(options, 'preserve-fds') ?? 0;
  if (count < 0) throw new ContainerError('invalid-argument', '--preserve-fds must not be negative');
  return count;
}
