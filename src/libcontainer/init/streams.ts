import type { FileStat } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { nullDevice } from '../rootfs/null-device.ts';

/** A stream that is the host's /dev/null becomes the container's: its program may look at what it is, or reopen it. */
export const reopenNull: CreationStep = {
  name: 'give the streams the container’s /dev/null',
  do(creation) {
    const hosts = [0, 1, 2].filter((fd) => isNull(stream(creation, fd)));
    if (hosts.length === 0) return;
    const { kernel } = creation.init;
    const device = nullDevice(creation);
    if (device === undefined) return;
    const opened = kernel.calls.openat(AT_FDCWD, `/proc/self/fd/${device}`, ['O_RDWR', 'O_CLOEXEC'], 0);
    for (const fd of hosts) kernel.calls.dup3(opened, fd, []);
    kernel.calls.close(opened);
  },
};

/** Init's streams are ours. */
function stream({ engine }: Creation, fd: number): FileStat | undefined {
  try {
    return engine.files.stat(`/proc/self/fd/${fd}`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}

function isNull(stat: FileStat | undefined): boolean {
  return stat?.kind === 'char' && stat.rdev === NULL_DEVICE;
}

/** makedev(1, 3). */
const NULL_DEVICE = 0x103;
