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

/** Beside the images, for whoever restores them. */
export function saveStreamNames(engine: Engine, images: string, names: readonly string[]): void {
  replaceFile(engine, `${images}/${FILE}`, engine.encode(writeJson(names)), 0o600);
}

/** Pipes lead out of the container: in place of each saved one it gets the stream that we have there now. */
export function inheritedStreams(engine: Engine, images: string): NonNullable<CriuOptions['inherit_fd']> {
  const path = `${images}/${FILE}`;
  const names: unknown = parseJson(engine.files.read(path), engine.decode).value;
  if (!Array.isArray(names)) throw new ContainerError('checkpoint', `${path} is no list of names`);
  return names.flatMap((name: unknown, fd) =>
    typeof name === 'string' && name.startsWith('pipe:') ? [{ key: name, fd }] : [],
  );
}

const FILE = 'descriptors.json';
