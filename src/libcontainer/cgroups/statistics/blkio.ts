import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { unlessZero } from './numbers.ts';
import { type Pressure, pressure } from './pressure.ts';

/** runc has six lists more, which cgroup v2 has nothing for. */
export interface BlkioStatistics {
  readonly ioServiceBytesRecursive?: readonly BlkioEntry[];
  readonly ioServicedRecursive?: readonly BlkioEntry[];
  readonly psi?: Pressure | undefined;
}

interface BlkioEntry {
  readonly major?: Integer | undefined;
  readonly minor?: Integer | undefined;
  readonly op: 'Read' | 'Write';
  readonly value?: Integer | undefined;
}

export function blkioStatistics(directory: CgroupDirectory): BlkioStatistics {
  const text = directory.tryRead('io.stat') ?? '';
  const bytes = entries(text, { rbytes: 'Read', wbytes: 'Write' });
  const operations = entries(text, { rios: 'Read', wios: 'Write' });
  return {
    ...(bytes.length > 0 && { ioServiceBytesRecursive: bytes }),
    ...(operations.length > 0 && { ioServicedRecursive: operations }),
    psi: pressure(directory, 'io.pressure'),
  };
}

/** Of lines like `8:0 rbytes=1 wbytes=2 rios=3 wios=4` the keys that `ops` has. */
function entries(text: string, ops: Readonly<Record<string, BlkioEntry['op']>>): BlkioEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, major = '', minor = '', items] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    if (items === undefined) return [];
    return items.split(' ').flatMap((item) => {
      const [key = '', value = ''] = item.split('=');
      const op = ops[key];
      if (op === undefined) return [];
      return [
        { major: unlessZero(BigInt(major)), minor: unlessZero(BigInt(minor)), op, value: unlessZero(BigInt(value)) },
      ];
    });
  });
}
