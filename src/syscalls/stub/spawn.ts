import type { Native, NativeMemory } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import { errnoCode } from '../errno.ts';
import { nativeFunctions as libc } from '../native.ts';
import { cString } from '../params.ts';
import { STUB_NAME } from './image.ts';

/**
 * Starts the stub with posix_spawn(3): no copy of our memory, no moment in which a copy of the engine
 * runs. The child has default signal dispositions (the engine ignores SIGPIPE and SIGXFSZ), an empty signal
 * mask, an empty environment, and of all descriptors only `inherited`: the first is its control socket.
 * Returns its PID.
 */
export function spawnStub(native: Native, image: number, inherited: readonly number[]): number {
  const room = new Room(native.map(ROOM_SIZE));
  const actions = room.take(FILE_ACTIONS_SIZE);
  const attributes = room.take(ATTRIBUTES_SIZE);
  const noSignals = room.take(SIGSET_SIZE);
  const allSignals = room.put(new Uint8Array(SIGSET_SIZE).fill(0xff));
  const pid = room.take(8);

  checked(native, libc.posix_spawn_file_actions_init, [actions]);
  checked(native, libc.posix_spawnattr_init, [attributes]);
  checked(native, libc.posix_spawnattr_setflags, [attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK]);
  checked(native, libc.posix_spawnattr_setsigmask, [attributes, noSignals]);
  checked(native, libc.posix_spawnattr_setsigdefault, [attributes, allSignals]);
  // Onto itself: glibc takes close-on-exec off, in the child only.
  for (const fd of inherited) checked(native, libc.posix_spawn_file_actions_adddup2, [actions, fd, fd]);

  const path = room.put(cString(`/proc/self/fd/${image}`));
  const argv = room.pointers([room.put(cString(STUB_NAME)), room.put(cString(String(inherited[0])))]);
  const envp = room.pointers([]);
  checked(native, libc.posix_spawn, [pid, path, actions, attributes, argv, envp]);
  checked(native, libc.posix_spawn_file_actions_destroy, [actions]);
  return room.readInt32(pid);
}

/** These functions return the error number, not -1. */
function checked(native: Native, fn: (typeof libc)[keyof typeof libc], args: readonly number[]): void {
  const errno = native.call(fn, args).value & 0xffffffff;
  if (errno !== 0) throw new SyscallError(fn.symbol, [JSON.stringify(STUB_NAME)], errno, errnoCode(errno));
}

/** Memory handed out from the start, eight bytes aligned. */
class Room {
  private used = 0;

  constructor(private readonly memory: NativeMemory) {}

  take(size: number): number {
    const address = this.memory.address + this.used;
    this.used += Math.ceil(size / 8) * 8;
    if (this.used > this.memory.bytes.length) throw new RangeError('no room');
    return address;
  }

  put(bytes: Uint8Array): number {
    const address = this.take(bytes.length);
    this.memory.bytes.set(bytes, address - this.memory.address);
    return address;
  }

  pointers(addresses: readonly number[]): number {
    return this.put(new Uint8Array(BigUint64Array.from([...addresses, 0].map(BigInt)).buffer));
  }

  readInt32(address: number): number {
    const { bytes, address: start } = this.memory;
    return new DataView(bytes.buffer, bytes.byteOffset).getInt32(address - start, true);
  }
}

/** Generous: glibc's types are 80, 336 and 128 bytes, musl's no larger. */
const FILE_ACTIONS_SIZE = 256;
const ATTRIBUTES_SIZE = 512;
const SIGSET_SIZE = 128;
const ROOM_SIZE = 4096;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
