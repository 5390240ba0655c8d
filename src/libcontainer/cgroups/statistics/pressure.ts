import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { exact } from './numbers.ts';

/** Pressure stall information. */
export interface Pressure {
  readonly some: Stall;
  readonly full: Stall;
}

interface Stall {
  /** Percent of the last ten seconds, and so on. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds. */
  readonly total: Integer;
}

/** Undefined where it is not built in, or turned off. */
export function pressure(directory: CgroupDirectory, file: string): Pressure | undefined {
  const text = directory.tryRead(file);
  if (text === undefined) return undefined;
  return { some: stall(text, 'some'), full: stall(text, 'full') };
}

/** From `some avg10=0.12 avg60=0.05 avg300=0.01 total=1234`. */
function stall(text: string, kind: string): Stall {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${kind} `)) ?? '';
  const values = new Map(
    line.split(' ').map((word): [string, string] => [word.split('=')[0] ?? '', word.split('=')[1] ?? '0']),
  );
  const percent = (key: string): number => Number(values.get(key) ?? 0);
  return {
    avg10: percent('avg10'),
    avg60: percent('avg60'),
    avg300: percent('avg300'),
    total: exact(BigInt(values.get('total') ?? 0)),
  };
}
