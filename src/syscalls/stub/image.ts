import type { Arch, Files } from '../../engine/engine.ts';
import { AT_FDCWD, bitsOf, seals, statfsFlags } from '../constants.ts';
import { errnoNumber } from '../errno.ts';
import type { LocalKernel } from '../local-port.ts';
import { readField } from '../struct.ts';
import { statfs } from '../structs.ts';
import { elfExecutable } from './elf.ts';
import { assembleStub } from './program.ts';

/** Assembled with the module: for an executable that starts from a snapshot, when it is built. */
const images: Readonly<Record<Arch, Uint8Array>> = {
  x86_64: elfExecutable(assembleStub('x86_64'), 'x86_64'),
  aarch64: elfExecutable(assembleStub('aarch64'), 'aarch64'),
};

/** What `ps` shows of a container between create and start: the name of the memfd and of the process. */
export const STUB_NAME = 'tsrunc-init';

/**
 * The stub as an executable file that nobody can change or replace: a container that reads /proc/PID/exe
 * gets these 800 bytes and no file of the host (CVE-2019-5736). Returns a descriptor, close-on-exec.
 * `scratch` is a directory of ours, the first choice on hosts where vm.memfd_noexec=2 forbids executable memfds.
 */
export function stubImage(kernel: LocalKernel, files: Files, arch: Arch, scratch: string): number {
  const image = images[arch];
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

/**
 * A file that never has a name: nothing is left if we die here, and O_EXCL keeps it from ever getting one. It is
 * reopened read-only, since execve refuses a file that somebody may still write (ETXTBSY). /run, where the state
 * directory usually lies, is mounted noexec on many hosts.
 */
function unlinkedFile(kernel: LocalKernel, files: Files, image: Uint8Array, scratch: string): number {
  for (const directory of [scratch, ...ELSEWHERE]) {
    const flags = ['O_TMPFILE', 'O_WRONLY', 'O_EXCL', 'O_CLOEXEC'] as const;
    const writable = kernel.may('*').openat(AT_FDCWD, directory, flags, 0o500);
    if (writable < 0) continue;
    const usable = !isNoexec(kernel, writable);
    if (usable) files.write(writable, image);
    const readable = usable ? files.open(`/proc/self/fd/${writable}`, ['O_RDONLY']) : -1;
    files.close(writable);
    if (usable) return readable;
  }
  throw new Error(
    `vm.memfd_noexec forbids an executable memfd, and none of ${[scratch, ...ELSEWHERE].join(', ')} ` +
      'takes an unnamed executable file (O_TMPFILE on a mount without noexec)',
  );
}

function isNoexec(kernel: LocalKernel, fd: number): boolean {
  const facts = kernel.batch((batch, calls) => {
    const memory = batch.output(statfs.size);
    calls.fstatfs(fd, memory);
    return memory;
  });
  return (readField(statfs, 'f_flags', facts.bytes) & bitsOf(statfsFlags, ['ST_NOEXEC'])) !== 0;
}

const ELSEWHERE = ['/dev/shm', '/tmp', '/var/tmp'];
