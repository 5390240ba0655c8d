import * as fs from 'node:fs';
import { linkOf } from '../support/host.ts';
import { DIFFERENCES, type Difference } from './differences.ts';
import type { Observation } from './probe.ts';

/** A namespace of the host is told by name, one of the container's own by the fact that it is none of these. */
export function hostNamespaces(): [string, string][] {
  return fs.readdirSync('/proc/self/ns').map((name) => [linkOf(`/proc/self/ns/${name}`), 'host']);
}

/** The facts that differ and that no entry of `known` explains, one a line. */
export function differing(
  variant: string,
  ours: Observation,
  reference: Observation,
  differences: readonly Difference[] = DIFFERENCES,
): string[] {
  const facts = new Set([...reference.keys(), ...ours.keys()]);
  return [...facts].flatMap((fact) => {
    const pair = [ours.get(fact), reference.get(fact)] as const;
    if (pair[0] === pair[1]) return [];
    const known = differences.find(
      (entry) => entry.fact.test(fact) && (entry.variant?.test(variant) ?? true) && (entry.holds?.(...pair) ?? true),
    );
    return known ? [] : [`${fact}:\n  tsrunc: ${pair[0] ?? 'absent'}\n  runc:   ${pair[1] ?? 'absent'}`];
  });
}
