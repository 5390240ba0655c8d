import type { Engine } from '../../../src/engine/engine.ts';
import { SyscallError } from '../../../src/engine/errors.ts';
import { engine } from '../syscalls/support.ts';

/** An engine that reads these files and no others; `env` is all of its environment. */
export function engineWith(texts: Readonly<Record<string, string>>, env: Engine['env'] = {}): Engine {
  const text = (path: string): string => {
    const found = texts[path];
    if (found === undefined) throw new SyscallError('open', [JSON.stringify(path)], 2, 'ENOENT');
    return found;
  };
  const files: Engine['files'] = {
    ...engine.files,
    read: (path) => engine.encode(text(path)),
    stat: (path) => ({ ...engine.files.stat('/bin/sh'), size: text(path).length, kind: 'file', mode: 0o100755 }),
  };
  return { ...engine, env, files };
}
