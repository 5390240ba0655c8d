import type { ParsedCommand } from '../../engine/arguments.ts';
import type { Files } from '../../engine/engine.ts';
import type { RestoreOptions } from '../../libcontainer/checkpoint/options.ts';
import { restore } from '../../libcontainer/restore.ts';
import type { Handler } from '../context.ts';
import { criuOptions } from '../criu-options.ts';
import { absolute, enterBundle } from '../paths.ts';
import { prepareRoot } from '../root.ts';
import { flag, text } from '../values.ts';

/** The exit status is that of the container's process, unless it is left running. */
export const handler: Handler = (context, { arguments: [id = ''], options }) => {
  prepareRoot(context);
  const { status, obituary } = restore(context.host, id, restoreOptions(context.engine.files, options));
  if (obituary !== undefined) context.printError(`${obituary}\n`);
  return status;
};

export { demandCriu as usable } from '../../libcontainer/checkpoint/support.ts';

function restoreOptions(files: Files, options: ParsedCommand['options']): RestoreOptions {
  const pidFile = text(options, 'pid-file') ?? '';
  const consoleSocket = text(options, 'console-socket') ?? '';
  const lsmProfile = text(options, 'lsm-profile') ?? '';
  const lsmMountContext = text(options, 'lsm-mount-context') ?? '';
  return {
    ...criuOptions(files, options),
    detach: flag(options, 'detach'),
    noSubreaper: flag(options, 'no-subreaper'),
    tcpClose: flag(options, 'tcp-close'),
    ...(pidFile !== '' && { pidFile: absolute(files, pidFile) }),
    ...(consoleSocket !== '' && { consoleSocket: absolute(files, consoleSocket) }),
    ...(lsmProfile !== '' && { lsmProfile }),
    ...(lsmMountContext !== '' && { lsmMountContext }),
    // Last: what was relative above was so to the caller's directory.
    bundle: enterBundle(files, text(options, 'bundle')),
  };
}
