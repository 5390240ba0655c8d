import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { exact, unlessZero } from './numbers.ts';

/** By page size. */
export type HugetlbStatistics = Readonly<
  Record<string, { readonly usage?: Integer | undefined; readonly failcnt: Integer }>
>;

/** What is reserved counts as used, where the kernel counts it. */
export function hugetlbStatistics(directory: CgroupDirectory): HugetlbStatistics {
  const sizes = directory.files().flatMap((file) => /^hugetlb\.([^.]+)\.events$/.exec(file)?.[1] ?? []);
  return Object.fromEntries(
    sizes.sort().map((size) => {
      const prefix = `hugetlb.${size}`;
      const usage = directory.value(`${prefix}.rsvd.current`) ?? directory.value(`${prefix}.current`);
      const failcnt = directory.counts(`${prefix}.events`).get('max') ?? 0n;
      return [size, { usage: unlessZero(usage), failcnt: exact(failcnt) }];
    }),
  );
}
