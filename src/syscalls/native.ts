import type { NativeFunction } from '../engine/engine.ts';

const libc = (symbol: string, arity: number): NativeFunction => ({ library: 'libc.so.6', symbol, arity });
const libseccomp = (symbol: string, arity: number): NativeFunction => ({ library: 'libseccomp.so.2', symbol, arity });

/** The C functions that we call, each declared here and nowhere else. All take and give 64-bit integers. */
export const nativeFunctions = {
  syscall: libc('syscall', 7),
  read: libc('read', 3),
  write: libc('write', 3),
  memcpy: libc('memcpy', 3),
  bsearch: libc('bsearch', 5),
  dlopen: libc('dlopen', 2),
  dlsym: libc('dlsym', 2),
  posix_spawn: libc('posix_spawn', 6),
  posix_spawnp: libc('posix_spawnp', 6),
  posix_spawn_file_actions_init: libc('posix_spawn_file_actions_init', 1),
  posix_spawn_file_actions_adddup2: libc('posix_spawn_file_actions_adddup2', 3),
  posix_spawn_file_actions_destroy: libc('posix_spawn_file_actions_destroy', 1),
  posix_spawnattr_init: libc('posix_spawnattr_init', 1),
  posix_spawnattr_setflags: libc('posix_spawnattr_setflags', 2),
  posix_spawnattr_setsigmask: libc('posix_spawnattr_setsigmask', 2),
  posix_spawnattr_setsigdefault: libc('posix_spawnattr_setsigdefault', 2),
  seccomp_version: libseccomp('seccomp_version', 0),
  seccomp_arch_native: libseccomp('seccomp_arch_native', 0),
  seccomp_arch_resolve_name: libseccomp('seccomp_arch_resolve_name', 1),
  seccomp_syscall_resolve_name: libseccomp('seccomp_syscall_resolve_name', 1),
  seccomp_syscall_resolve_name_arch: libseccomp('seccomp_syscall_resolve_name_arch', 2),
  seccomp_init: libseccomp('seccomp_init', 1),
  seccomp_release: libseccomp('seccomp_release', 1),
  seccomp_arch_add: libseccomp('seccomp_arch_add', 2),
  seccomp_arch_remove: libseccomp('seccomp_arch_remove', 2),
  seccomp_attr_set: libseccomp('seccomp_attr_set', 3),
  seccomp_rule_add_array: libseccomp('seccomp_rule_add_array', 5),
  seccomp_export_bpf: libseccomp('seccomp_export_bpf', 2),
} as const;
