import { ContainerError } from '../libcontainer/errors.ts';
import type { Integer } from '../spec/config-linux.ts';
import { goQuote } from './quote.ts';

/** A decimal integer of 64 bits. `option` is for the error. */
export function integer(option: string, text: string, kind: 'signed' | 'unsigned'): Integer {
  const digits = kind === 'signed' ? /^[+-]?[0-9]+$/ : /^[0-9]+$/;
  if (!digits.test(text)) throw invalid(option, `parsing ${goQuote(text)}: invalid syntax`);
  const value = BigInt(text.replace('+', ''));
  const fits = value === (kind === 'signed' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value));
  if (!fits) throw invalid(option, `parsing ${goQuote(text)}: value out of range`);
  return exact(value);
}

/** A number of bytes as Docker's clients write it: `1073741824`, `1024m`, `1.5 GiB`; powers of 1024. `-1` is unlimited. */
export function bytes(option: string, text: string): Integer {
  if (text === '-1') return -1;
  const [, number, space, suffix = ''] = /^([\d.eE+-]*[\d.])( ?)(.*)$/s.exec(text) ?? [];
  const size =
    number === undefined || !/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number) ? Number.NaN : Number(number);
  if (Number.isNaN(size) || (space === ' ' && suffix === '')) throw invalid(option, `invalid size: '${text}'`);
  const [, unit = ''] = /^([kmgtp]?)(?:i?b)?$/.exec(suffix.toLowerCase()) ?? [];
  if (!/^([kmgtp]?b?|[kmgtp]ib)$/i.test(suffix)) throw invalid(option, `invalid suffix: '${suffix.toLowerCase()}'`);
  const value = size * 1024 ** ' kmgtp'.indexOf(unit || ' ');
  if (value >= 2 ** 63) throw invalid(option, `invalid size: '${text}'`);
  return exact(BigInt(Math.trunc(value)));
}

function exact(value: bigint): Integer {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function invalid(option: string, why: string): ContainerError {
  return new ContainerError('invalid-argument', `invalid value for ${option}: ${why}`);
}
