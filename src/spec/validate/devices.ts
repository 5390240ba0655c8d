import type { Device } from '../config.ts';
import { type Check, isAbsolute, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

/** Device nodes that are made in the container, and the rules of the device cgroup. */
export const DEVICE_CHECKS: readonly Check[] = [
  {
    ref: REF.devicePath,
    severity: 'error',
    find: eachDevice(function* ({ path }, pointer) {
      if (!isAbsolute(path)) yield { pointer: `${pointer}/path`, message: `must be absolute, is ${quote(path)}` };
    }),
  },
  {
    ref: REF.deviceNumbers,
    severity: 'error',
    find: eachDevice(function* (device, pointer) {
      if (device.type === 'p') return;
      for (const number of ['major', 'minor'] as const) {
        if (device[number] !== undefined) continue;
        yield { pointer: `${pointer}/${number}`, message: `is missing: a device of type ${device.type} needs one` };
      }
    }),
  },
  {
    ref: REF.deviceLimits,
    severity: 'error',
    find: eachDevice(function* (device, pointer) {
      if (device.type === 'p') return;
      for (const [number, max] of [
        ['major', 0xfff],
        ['minor', 0xfffff],
      ] as const) {
        const value = device[number] ?? 0;
        if (value >= 0 && value <= max) continue;
        yield { pointer: `${pointer}/${number}`, message: `must be from 0 to ${max}, is ${value}` };
      }
    }),
  },
  {
    ref: REF.deviceMode,
    severity: 'warning',
    find: eachDevice(function* ({ fileMode = 0 }, pointer) {
      if (!looksOctal(fileMode)) return;
      yield {
        pointer: `${pointer}/fileMode`,
        message: `is decimal: ${fileMode} means 0${fileMode.toString(8)}`,
        hint: `for 0${fileMode} write ${Number.parseInt(String(fileMode), 8)}`,
      };
    }),
  },
  {
    ref: REF.deviceRule,
    severity: 'error',
    *find({ linux }) {
      for (const [index, { type = '', access = '' }] of (linux?.resources?.devices ?? []).entries()) {
        const pointer = `/linux/resources/devices/${index}`;
        if (!['', 'a', 'b', 'c'].includes(type)) {
          yield { pointer: `${pointer}/type`, message: `must be a, b or c, is ${quote(type)}` };
        }
        if (!/^[rwm]+$/.test(access)) {
          yield { pointer: `${pointer}/access`, message: `must be one or more of r, w and m, is ${quote(access)}` };
        }
      }
    },
  },
  {
    ref: REF.deviceRule,
    severity: 'error',
    *find({ linux }) {
      for (const [index, rule] of (linux?.resources?.devices ?? []).entries()) {
        for (const number of ['major', 'minor'] as const) {
          // Go's engines write -1 where they mean all.
          const value = rule[number] ?? -1;
          if (value >= -1 && value <= 0xffffffff) continue;
          const pointer = `/linux/resources/devices/${index}/${number}`;
          yield { pointer, message: `must be a device number, is ${value}` };
        }
      }
    },
  },
];

function eachDevice(test: (device: Device, pointer: string) => Iterable<Violation>): Check['find'] {
  return function* find({ linux }): Iterable<Violation> {
    for (const [index, device] of (linux?.devices ?? []).entries()) yield* test(device, `/linux/devices/${index}`);
  };
}

/** 666 as a number has bits beyond the permissions, which only the writer of an octal mode would set. */
function looksOctal(mode: number): boolean {
  return mode > 0o777 && mode <= 777 && /^[0-7]{3}$/.test(String(mode));
}
