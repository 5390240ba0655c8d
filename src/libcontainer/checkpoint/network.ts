import { AT_FDCWD } from '../../syscalls/constants.ts';
import { spawnFirst } from '../init/builder.ts';
import { raiseLoopback } from '../init/network.ts';
import { endStub } from '../init/stub-process.ts';
import { namespaces } from '../namespaces.ts';
import type { Ours } from './process.ts';

/**
 * Networks are not saved, and the loopback interface of a restored container would be down, which no program expects: it
 * is brought up as at create, by a stub in the network namespace of `pid`. `scratch` is a directory where a file may be
 * executed.
 */
export function restoreLoopback(ours: Ours, scratch: string, pid: number): void {
  const { file, flag } = namespaces.network;
  const { stub } = spawnFirst(ours, scratch, {}, []);
  try {
    const { calls } = stub.kernel;
    calls.setns(calls.openat(AT_FDCWD, `/proc/${pid}/ns/${file}`, ['O_RDONLY', 'O_CLOEXEC'], 0), [flag]);
    raiseLoopback(stub.kernel);
    stub.kernel.flush();
  } finally {
    endStub(ours.kernel, stub);
  }
}
