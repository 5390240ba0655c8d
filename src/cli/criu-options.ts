import type { ParsedCommand } from '../engine/arguments.ts';
import type { Files } from '../engine/engine.ts';
import type { CriuOptionsGiven } from '../libcontainer/checkpoint/options.ts';
import { cgroupModes, networkLocks } from '../libcontainer/checkpoint/rpc.ts';
import { ContainerError } from '../libcontainer/errors.ts';
import { absolute } from './paths.ts';
import { goQuote } from './quote.ts';
import { flag, list, oneOf, text } from './values.ts';

type Options = ParsedCommand['options'];

/** What `checkpoint` and `restore` have in common. Relative paths count from the caller's directory. */
export function criuOptions(files: Files, options: Options): CriuOptionsGiven {
  const workPath = text(options, 'work-path') ?? '';
  const mode = text(options, 'manage-cgroups-mode') ?? '';
  const lock = text(options, 'network-lock') ?? '';
  const unknown = list(options, 'empty-ns').find((name) => name !== 'network');
  if (unknown !== undefined)
    throw new ContainerError('invalid-argument', `namespace ${goQuote(unknown)} is not supported`);
  return {
    imagePath: absolute(files, text(options, 'image-path') || 'checkpoint'),
    tcpEstablished: flag(options, 'tcp-established'),
    externalUnixSockets: flag(options, 'ext-unix-sk'),
    shellJob: flag(options, 'shell-job'),
    fileLocks: flag(options, 'file-locks'),
    autoDedup: flag(options, 'auto-dedup'),
    lazyPages: flag(options, 'lazy-pages'),
    ...(workPath !== '' && { workPath: absolute(files, workPath) }),
    ...(mode !== '' && { cgroupMode: wordOf(cgroupModes, mode, 'manage-cgroups-mode') }),
    ...(lock !== '' && { networkLock: wordOf(networkLocks, lock, 'network-lock') }),
  };
}

function wordOf<Word extends string>(table: Readonly<Record<Word, number>>, word: string, name: string): Word {
  return oneOf(Object.keys(table) as Word[], word, name);
}
