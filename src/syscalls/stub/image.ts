import type { Arch, Files } from '../../engine/engine.ts';
import { AT_FDCWD, bitsOf, seals } from '../constants.ts';
import { errnoNumber } from '../errno.ts';
import type { LocalKernel } from '../local-port.ts';
import { elfExecutable } from './elf.ts';
import { assembleStub } from './program-x86_64.ts';

/** What `ps` shows of a container between create and start: the name of the memfd and of the process. */
export const STUB_NAME = 'tsrunc-init';

/**
 * The stub as an executable file that nobody can change or replace: a container that reads /proc/PID/exe
 * gets these 800 bytes and no file of the host (CVE-2019-5736). Returns a descriptor, close-on-exec.
 * `scratch` is a directory of ours for hosts where vm.memfd_noexec=2 forbids executable memfds.
 */
export function stubImage(kernel: LocalKernel, files: Files, arch: Arch, scratch: string): number {
  if (arch !== 'x86_64') throw new Error(`the init stub is not written for ${arch} yet`);
  const image = elfExecutable(assembleStub(), arch);
  const fd = memfd(kernel);
  if (fd < 0) return unlinkedFile(kernel, files, image, scratch);
  files.write(fd, image);
  const known = ['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE'] as const;
  // F_SEAL_EXEC (Linux 6.3) also freezes the mode; older kernels do not know it.
  if (kernel.may('EINVAL').fcntl(fd, 'F_ADD_SEALS', bitsOf(seals, [...known, 'F_SEAL_EXEC'])) < 0) {
    kernel.calls.fcntl(fd, 'F_ADD_SEALS', bitsOf(seals, known));
  }
  return fd;
}

/** MFD_EXEC came with Linux 6.3; without it an older kernel makes the memfd executable anyway. */
function memfd(kernel: LocalKernel): number {
  const lenient = kernel.may('EINVAL', 'EACCES');
  const fd = lenient.memfd_create(STUB_NAME, ['MFD_CLOEXEC', 'MFD_ALLOW_SEALING', 'MFD_EXEC']);
  return fd === -errnoNumber('EINVAL')
    ? kernel.calls.memfd_create(STUB_NAME, ['MFD_CLOEXEC', 'MFD_ALLOW_SEALING'])
    : fd;
}

/** Written, reopened read-only and unlinked: execve refuses a file that somebody may still write (ETXTBSY). */
function unlinkedFile(kernel: LocalKernel, files: Files, image: Uint8Array, scratch: string): number {
  const path = `${scratch}/${STUB_NAME}`;
  try {
    const writable = files.open(path, ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOFOLLOW'], 0o500);
    files.write(writable, image);
    files.close(writable);
    return files.open(path, ['O_RDONLY', 'O_NOFOLLOW']);
  } finally {
    kernel.may('ENOENT').unlinkat(AT_FDCWD, path, []);
  }
}
