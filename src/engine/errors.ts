/**
 * What the kernel refused: the one record that every failing system call becomes, whether the engine's
 * file functions, the local port or a stub made it. It carries facts only; `src/libcontainer/errors.ts`
 * finds the words.
 */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';

  constructor(
    /** The kernel's name of the call: `openat2`, `mount_setattr`. */
    readonly syscall: string,
    /** Its arguments in words: paths quoted, flags as names, structs decoded. */
    readonly args: readonly string[],
    /** Positive error number. */
    readonly errno: number,
    /** The error's symbolic name: `ENOENT`. */
    readonly code: string,
  ) {
    super(`${syscall}(${args.join(', ')}): ${code}`);
  }
}

/** Whether `error` is the kernel's answer `code` (one of several). */
export function isErrno(error: unknown, ...codes: readonly string[]): error is SyscallError {
  return error instanceof SyscallError && codes.includes(error.code);
}
