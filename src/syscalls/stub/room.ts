import type { Arch } from '../../engine/engine.ts';

/** Where a stub keeps its requests. Fixed, so that the runtime computes addresses without asking. */
export const STUB_BASE = 0x10000000;

/**
 * Room for the largest request: execve takes 6 MiB of strings at most (execve(2), "Limits on size of
 * arguments and environment"). Reserved, not used: a page is touched only when a request reaches it.
 */
export const STUB_ROOM = 16 << 20;

/** PROT_READ and PROT_WRITE, as mmap(2) makes the room. */
export const ROOM_PROTECTION = 3;
/** MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE and MAP_FIXED_NOREPLACE: the same on both architectures. */
export const ROOM_FLAGS = 0x104022;

/** MADV_NOHUGEPAGE: where huge pages are made for everybody, the first request would cost the container 2 MiB. */
export const NO_HUGE_PAGES = 15;

/** Where the second page of the room may begin: an arm64 kernel has pages of 4, 16 or 64 KiB. */
export const SECOND_PAGES: Readonly<Record<Arch, readonly number[]>> = {
  x86_64: [0x1000],
  aarch64: [0x1000, 0x4000, 0x10000],
};
