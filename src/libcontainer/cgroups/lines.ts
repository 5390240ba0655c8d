import type { Resources, ThrottleDevice } from '../../spec/config-linux.ts';
import { invalid, POINTER, unlessUnset } from './conversions.ts';
import type { CgroupWrite } from './resources.ts';

/** A field that makes any number. */
export interface LinesRow {
  readonly field: string;
  lines(resources: Resources): Line[];
}

export type Line = Omit<CgroupWrite, 'pointer' | 'controller'> & {
  /** Pointer below the field. */
  readonly at: string;
};

/** BFQ is the one scheduler with weights for single devices; without it there is nothing that could honour them. */
export function weightDevices({ blockIO }: Resources): Line[] {
  return (blockIO?.weightDevice ?? []).flatMap(({ major, minor, weight }, index) =>
    weight ? [{ at: `/${index}`, file: 'io.bfq.weight', value: `${major}:${minor} ${weight}`, optional: true }] : [],
  );
}

type ThrottleField = `throttle${'Read' | 'Write'}${'Bps' | 'IOPS'}Device`;

export function throttle(field: ThrottleField, key: string): LinesRow {
  return {
    field: `blockIO/${field}`,
    lines: ({ blockIO }) =>
      (blockIO?.[field] ?? []).map((device: ThrottleDevice, index) => ({
        at: `/${index}`,
        file: 'io.max',
        value: `${device.major}:${device.minor} ${key}=${unlessUnset(device.rate) ?? 'max'}`,
      })),
  };
}

/** Page sizes by their names in the file names: a slash in one would lead elsewhere. */
export function hugepages({ hugepageLimits }: Resources): Line[] {
  return (hugepageLimits ?? []).flatMap(({ pageSize, limit }, index) => {
    if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize)) {
      throw invalid(`invalid hugepage size ${JSON.stringify(pageSize)}`, `${POINTER}/hugepageLimits/${index}/pageSize`);
    }
    const line = { at: `/${index}`, value: String(limit) };
    return [
      { ...line, file: `hugetlb.${pageSize}.max` },
      // Reservations are counted since Linux 5.7, if the kernel is built to.
      { ...line, file: `hugetlb.${pageSize}.rsvd.max`, optional: true },
    ];
  });
}

export function rdma({ rdma: devices }: Resources): Line[] {
  return Object.entries(devices ?? {}).flatMap(([device, { hcaHandles, hcaObjects }]) => {
    const at = `/${escaped(device)}`;
    if (/\s/.test(device)) throw invalid(`invalid rdma device ${JSON.stringify(device)}`, `${POINTER}/rdma${at}`);
    const handles = hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`];
    const objects = hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`];
    const value = [device, ...handles, ...objects].join(' ');
    return value === device ? [] : [{ at, file: 'rdma.max', value }];
  });
}

/** Line by line, as files like io.max take one line for each write(2). */
export function unified({ unified: entries }: Resources): Line[] {
  return Object.entries(entries ?? {}).flatMap(([file, value]) => {
    const at = `/${escaped(file)}`;
    const pointer = `${POINTER}/unified${at}`;
    const name = JSON.stringify(file);
    if (file.includes('/')) throw invalid(`unified resource ${name} must be a file name (no slashes)`, pointer);
    if (!/^[^.]+\../.test(file)) {
      throw invalid(`unified resource ${name} must be in the form CONTROLLER.PARAMETER`, pointer);
    }
    const written = value.split('\n').filter((line) => line !== '');
    // Writing nothing at all would not reach the kernel; an empty line is what clears a cpuset.
    return (written.length > 0 ? written : ['\n']).map((line) => ({ at, file, value: line, verbatim: true }));
  });
}

/** A key as part of a JSON pointer. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
