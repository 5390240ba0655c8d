import type { ParsedCommand } from '../../engine/arguments.ts';
import type { Files } from '../../engine/engine.ts';
import type { CheckpointOptions } from '../../libcontainer/checkpoint/options.ts';
import { checkpoint } from '../../libcontainer/checkpoint.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import type { Handler } from '../context.ts';
import { criuOptions } from '../criu-options.ts';
import { flag, number, text } from '../values.ts';

export const handler: Handler = ({ engine, host }, { arguments: [id = ''], options }) =>
  checkpoint(host, id, checkpointOptions(engine.files, options));

export { demandCriu as usable } from '../../libcontainer/checkpoint/support.ts';

function checkpointOptions(files: Files, options: ParsedCommand['options']): CheckpointOptions {
  const parentPath = text(options, 'parent-path') ?? '';
  const pageServer = text(options, 'page-server') ?? '';
  const statusFd = number(options, 'status-fd') ?? -1;
  return {
    ...criuOptions(files, options),
    leaveRunning: flag(options, 'leave-running'),
    preDump: flag(options, 'pre-dump'),
    tcpSkipInFlight: flag(options, 'tcp-skip-in-flight'),
    linkRemap: flag(options, 'link-remap'),
    ...(parentPath !== '' && { parentPath }),
    ...(pageServer !== '' && { pageServer: addressOf(pageServer) }),
    ...(statusFd >= 0 && { statusFd }),
  };
}

/** `HOST:PORT`, `[IPv6]:PORT`. */
function addressOf(server: string): { address: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(.+)$/.exec(server) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined) throw invalid('Use --page-server ADDRESS:PORT to specify page server');
  const port = /^\d{1,5}$/.test(digits ?? '') ? Number(digits) : 0;
  if (port < 1 || port > MAX_PORT) throw invalid('Invalid port number');
  return { address, port };
}

function invalid(message: string): ContainerError {
  return new ContainerError('invalid-argument', message);
}

const MAX_PORT = 65535;
