import type { Native, NativeMemory } from '../engine/engine.ts';
import { SyscallError } from '../engine/errors.ts';
import { errnoCode } from './errno.ts';
import type { LocalKernel } from './local-port.ts';
import { nativeFunctions as libc } from './native.ts';
import { cString } from './utf8.ts';

export interface Program {
  /** A path; with `search`, also a name that PATH is searched for. */
  readonly file: string;
  readonly search?: boolean;
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** All the descriptors that it gets: ours, and the numbers that they have there. */
  readonly descriptors: readonly (readonly [ours: number, theirs: number])[];
}

/**
 * Starts a program with posix_spawn(3): no copy of our memory, no moment in which a copy of the engine runs. It has
 * default signal dispositions (the engine ignores SIGPIPE and SIGXFSZ) and an empty signal mask. Returns its PID.
 */
export function spawn(kernel: LocalKernel, native: Native, program: Program): number {
  const { file, search = false, argv, env, descriptors } = program;
  // Whatever our caller left open: none of it is for a container, a hook or a helper (CVE-2024-21626).
  kernel.calls.close_range(FIRST, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
  const strings = [file, ...argv, ...env].map(cString);
  const room = new Room(native.map(ROOM_SIZE + strings.reduce((size, { length }) => size + length + 16, 0)));
  const actions = room.take(FILE_ACTIONS_SIZE);
  const attributes = room.take(ATTRIBUTES_SIZE);
  const noSignals = room.take(SIGSET_SIZE);
  const allSignals = room.put(new Uint8Array(SIGSET_SIZE).fill(0xff));
  const pid = room.take(8);
  const checked = (fn: (typeof libc)[keyof typeof libc], args: readonly number[]): void => {
    // These functions return the error number, not -1.
    const errno = native.call(fn, args).value & 0xffffffff;
    if (errno !== 0) throw new SyscallError(fn.symbol, [JSON.stringify(argv[0] ?? file)], errno, errnoCode(errno));
  };

  checked(libc.posix_spawn_file_actions_init, [actions]);
  checked(libc.posix_spawnattr_init, [attributes]);
  checked(libc.posix_spawnattr_setflags, [attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK]);
  checked(libc.posix_spawnattr_setsigmask, [attributes, noSignals]);
  checked(libc.posix_spawnattr_setsigdefault, [attributes, allSignals]);
  // Also onto itself: glibc takes close-on-exec off, in the child only.
  for (const pair of descriptors) checked(libc.posix_spawn_file_actions_adddup2, [actions, ...pair]);

  const [path = 0, ...texts] = strings.map((text) => room.put(text));
  const pointers = [room.pointers(texts.slice(0, argv.length)), room.pointers(texts.slice(argv.length))];
  checked(search ? libc.posix_spawnp : libc.posix_spawn, [pid, path, actions, attributes, ...pointers]);
  checked(libc.posix_spawn_file_actions_destroy, [actions]);
  return room.readInt32(pid);
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
/** Besides the strings. */
const ROOM_SIZE = 4096;
/** After the streams. */
const FIRST = 3;
const MAX_FD = 0xffffffff;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
