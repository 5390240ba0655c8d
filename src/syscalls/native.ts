import type { NativeFunction } from '../engine/engine.ts';

const libc = (symbol: string, arity: number): NativeFunction => ({ library: 'libc.so.6', symbol, arity });

/** The C functions that we call, each declared here and nowhere else. All take and give 64-bit integers. */
export const nativeFunctions = {
  syscall: libc('syscall', 7),
  posix_spawn: libc('posix_spawn', 6),
  posix_spawn_file_actions_init: libc('posix_spawn_file_actions_init', 1),
  posix_spawn_file_actions_adddup2: libc('posix_spawn_file_actions_adddup2', 3),
  posix_spawn_file_actions_destroy: libc('posix_spawn_file_actions_destroy', 1),
  posix_spawnattr_init: libc('posix_spawnattr_init', 1),
  posix_spawnattr_setflags: libc('posix_spawnattr_setflags', 2),
  posix_spawnattr_setsigmask: libc('posix_spawnattr_setsigmask', 2),
  posix_spawnattr_setsigdefault: libc('posix_spawnattr_setsigdefault', 2),
} as const;
