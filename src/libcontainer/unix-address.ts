import { AT_FDCWD, bitsOf, socketDomains } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { utf8 } from '../syscalls/utf8.ts';

export type UnixAddress = { readonly sun_family: number; readonly sun_path: Uint8Array };

/** Has `use` work with the address of an absolute path, which may be longer than the 108 bytes of sun_path: by its directory. */
export function withUnixAddress<T>(kernel: LocalKernel, path: string, use: (address: UnixAddress) => T): T {
  const slash = path.lastIndexOf('/');
  const flags = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
  const directory = kernel.calls.openat(AT_FDCWD, path.slice(0, slash + 1), flags, 0);
  try {
    return use(unixAddress(utf8(`/proc/self/fd/${directory}/${path.slice(slash + 1)}`)));
  } finally {
    kernel.calls.close(directory);
  }
}

export function unixAddress(sun_path: Uint8Array): UnixAddress {
  return { sun_family: bitsOf(socketDomains, ['AF_UNIX']), sun_path };
}
