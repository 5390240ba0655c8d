import { type JsonDocument, parseJson, writeJson } from '../../../src/spec/json.ts';
import { type LoadedConfig, loadConfig } from '../../../src/spec/load.ts';
import { formatProblem } from '../../../src/spec/problem.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** As the engine decodes. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function parse(text: string): JsonDocument {
  return parseJson(encode(text), decode);
}

export function load(config: unknown): LoadedConfig {
  return loadText(writeJson(config, '  '));
}

export function loadText(text: string): LoadedConfig {
  return loadConfig(encode(text), decode);
}

/** `error /process/args: must …`, for comparison. */
export function problems(config: unknown): string[] {
  return load(config).problems.map(
    (problem) => `${problem.severity} ${formatProblem({ ...problem, line: 0, column: 0 }).slice(5)}`,
  );
}

/** A small pseudo-random generator (mulberry32): the same numbers for the same seed. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A deep copy of `config` with the value at `pointer` replaced; undefined removes it. */
export function withValue(config: unknown, pointer: string, value: unknown): unknown {
  const [first, ...rest] = pointer.split('/').slice(1);
  if (first === undefined) return value;
  const head = first.replaceAll('~1', '/').replaceAll('~0', '~');
  const below = rest.map((segment) => `/${segment}`).join('');
  if (Array.isArray(config)) {
    const copy = [...config];
    copy[Number(head)] = withValue(copy[Number(head)], below, value);
    return copy;
  }
  const copy: Record<string, unknown> = { ...(config as object) };
  copy[head] = withValue(copy[head] ?? {}, below, value);
  return copy;
}
