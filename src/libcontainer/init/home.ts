import type { Engine } from '../../engine/engine.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';

/** The home directory of `uid` in the container's /etc/passwd, read inside the jail; `/` if it does not say. */
export function homeOf(engine: Engine, kernel: RemoteKernel, uid: number): string {
  const fd = kernel.may('*').openat2(AT_FDCWD, '/etc/passwd', {
    flags: ['O_RDONLY', 'O_CLOEXEC', 'O_NONBLOCK', 'O_NOCTTY'],
    resolve: ['RESOLVE_NO_MAGICLINKS'],
  });
  const text = kernel.output(PASSWD_SIZE);
  const length = kernel.may('*').read(fd, text);
  kernel.may('EBADF').close(fd);
  kernel.flush();
  const lines = length.failed ? [] : engine.decode(text.bytes.subarray(0, length.value)).split('\n');
  const fields = lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid));
  return fields?.[5]?.startsWith('/') ? fields[5] : '/';
}

/** A larger file is read as far as this: container images have a page of it. */
const PASSWD_SIZE = 1 << 18;
