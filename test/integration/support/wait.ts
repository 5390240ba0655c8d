/** All bounds are multiplied by it: the machine of test/vm is slow. */
export const PATIENCE = Number(process.env['TSRUNC_PATIENCE'] ?? 1);

/** Waits are bounded and polled: nothing that a runtime does can be subscribed to by a process that is not its parent. */
export async function until(what: string, condition: () => boolean, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * PATIENCE * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${seconds * PATIENCE} s in vain until ${what}`);
    await pause(5);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Numbers in [0, 1) that are the same in every run: a failing sample can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Long sweeps run whole only for `make test-all`. */
export function count(sample: number, full: number): number {
  return process.env['TSRUNC_FULL'] === '1' ? full : sample;
}
