import type { Engine, FileStat } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Config, IDMapping, Process } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { type CreationStep, namespaceOf } from '../creation.ts';
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

/**
 * Makes the container's user the owner of its streams, so that it can open them again: /dev/stdout, /proc/self/fd/1. In
 * the foreground of pipes only: the caller's terminal and its files are still the caller's when the container is gone.
 */
export function ownStreams(process: Process | undefined): CreationStep[] {
  if (!process || process.terminal) return [];
  return [
    {
      name: 'give the streams to the container user',
      pointer: '/process/user/uid',
      do({ facts, init }) {
        giveStreams({ ...facts, pid: init.pid }, process.user?.uid ?? 0, facts.options.foreground !== undefined);
      },
    },
  ];
}

/** See {@link ownStreams}. */
export function giveStreams(container: StreamsContainer, uid: number, foreground: boolean): void {
  const owner = hostUid(container, uid);
  if (owner === undefined) return;
  for (const fd of [0, 1, 2]) {
    const stat = stream(container, fd);
    if (!stat || stat.uid === owner || isNull(stat) || (foreground && stat.kind !== 'fifo')) continue;
    container.kernel.may('EINVAL', 'EPERM', 'EROFS').fchownat(fd, '', owner, -1, ['AT_EMPTY_PATH']);
  }
}

export interface StreamsContainer {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
  readonly config: Config;
  /** Of a process in its user namespace. */
  readonly pid: number;
}

/** Which user of ours the container's is. */
function hostUid({ engine, pid, config }: StreamsContainer, uid: number): number | undefined {
  const namespace = namespaceOf(config, 'user');
  if (namespace === 'host') return uid;
  const maps =
    namespace === 'new'
      ? (config.linux?.uidMappings ?? [])
      : parseMap(engine.decode(engine.files.read(`/proc/${pid}/uid_map`)));
  const map = maps.find(({ containerID, size }) => uid >= containerID && uid < containerID + size);
  return map && uid - map.containerID + map.hostID;
}

/** As the kernel shows it to us, user_namespaces(7). */
function parseMap(text: string): IDMapping[] {
  return [...text.matchAll(/(\d+)\s+(\d+)\s+(\d+)/g)].map(([, containerID, hostID, size]) => ({
    containerID: Number(containerID),
    hostID: Number(hostID),
    size: Number(size),
  }));
}

/** Init's streams are ours. */
function stream({ engine }: Pick<StreamsContainer, 'engine'>, fd: number): FileStat | undefined {
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
