import { errnoNumber } from '../../syscalls/errno.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { openParent } from './mount-point.ts';
import { readSourceLink } from './sources.ts';
import { decodeUtf8, PATH_MAX } from './target.ts';

/** Makes the symlink `source` of the host anew in the container; one that is there must say the same. */
export function copySymlink(creation: Creation, source: string, destination: string): void {
  const { kernel } = creation.init;
  const text = readSourceLink(creation, source);
  const { parent, name } = openParent(creation, destination);
  const made = kernel.may('EEXIST').symlinkat(text, parent, name);
  if (kernel.value(made) === -errnoNumber('EEXIST')) {
    const there = kernel.output(PATH_MAX);
    const length = kernel.value(kernel.may('EINVAL').readlinkat(parent, name, there));
    if (length < 0 || decodeUtf8(there.bytes.subarray(0, length)) !== text) {
      throw new ContainerError('invalid-config', `${destination} exists and is not a symbolic link to ${text}`);
    }
  }
  kernel.calls.close(parent);
  creation.foresight.forget();
}
