import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { parseJson, writeJson } from '../../spec/json.ts';
import { ContainerError } from '../errors.ts';
import { replaceFile } from '../store.ts';
import type { CriuOptions } from './rpc.ts';

/** The names of the streams in the kernel's words, as runc keeps them: `pipe:[1234]`, `/dev/null`. */
export function streamNames({ files }: Pick<Engine, 'files'>): string[] {
  return [0, 1, 2].map((fd) => {
    try {
      return files.readlink(`/proc/self/fd/${fd}`);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return '';
      throw error;
    }
  });
}

/**
 * As {@link streamNames}, at a dump: a stream of init's that is a file of the host has the name that criu then leaves it
 * out by. Whether it is one the mounts tell: those of the host are none of the container's.
 */
export function dumpedNames(engine: Engine, pid: number, recorded: readonly string[]): string[] {
  const { files, decode } = engine;
  const mounts = decode(files.read(`/proc/${pid}/mountinfo`)).split('\n');
  const own = new Set(mounts.map((line) => line.split(' ', 1)[0]));
  return recorded.map((name, fd) => {
    if (!name.startsWith('/')) return name;
    try {
      const mount = /^mnt_id:\s*(\d+)$/m.exec(decode(files.read(`/proc/${pid}/fdinfo/${fd}`)))?.[1];
      const { kind, ino } = files.stat(`/proc/${pid}/fd/${fd}`);
      const outside = mount !== undefined && !own.has(mount) && (kind === 'file' || kind === 'fifo');
      return outside ? `${EXTERNAL_FILE}${Number(mount).toString(16)}:${ino.toString(16)}]` : name;
    } catch (error) {
      // It has closed the stream since.
      if (isErrno(error, 'ENOENT')) return name;
      throw error;
    }
  });
}

/** Those of {@link dumpedNames} that criu is to leave out. */
export function externalFiles(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name.startsWith(EXTERNAL_FILE)))];
}

/** Beside the images, for whoever restores them. */
export function saveStreamNames(engine: Engine, images: string, names: readonly string[]): void {
  replaceFile(engine, `${images}/${FILE}`, engine.encode(writeJson(names)), 0o600);
}

/** What leads out of the container is replaced at a restore: by the stream that we have there now. */
export function inheritedStreams(engine: Engine, images: string): NonNullable<CriuOptions['inherit_fd']> {
  const path = `${images}/${FILE}`;
  const names: unknown = parseJson(engine.files.read(path), engine.decode).value;
  if (!Array.isArray(names)) throw new ContainerError('checkpoint', `${path} is no list of names`);
  return names.flatMap((name: unknown, fd) =>
    typeof name === 'string' && (name.startsWith('pipe:') || name.startsWith(EXTERNAL_FILE)) ? [{ key: name, fd }] : [],
  );
}

/** criu's name for a file: the mount and the inode follow. */
const EXTERNAL_FILE = 'file[';
const FILE = 'descriptors.json';
