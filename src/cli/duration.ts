/** Nanoseconds of a duration as Go writes it: `1h30m`, `1.5s`, `250ms`, `-2us`, `0`. Undefined for anything else. */
export function parseDuration(text: string): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0n;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  const parts = rest.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g);
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of parts) {
    const scale = units[unit] ?? 0n;
    total += BigInt(whole || 0) * scale + (BigInt(fraction || 0) * scale) / 10n ** BigInt(fraction.length);
  }
  if (total >= 2n ** 63n) return undefined;
  return sign === '-' ? -total : total;
}

/** The micro sign, and the Greek letter. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
