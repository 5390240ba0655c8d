import { type DeviceRule, deviceAccess } from '../../../../src/libcontainer/cgroups/devices/rules.ts';
import type { Access } from './interpreter.ts';

/** The meaning of a list of rules, in as few words as possible: the definition that programs are held to. */
export function permits(rules: readonly DeviceRule[], request: Access): boolean {
  return Object.values(deviceAccess)
    .filter((bit) => (request.access & bit) !== 0)
    .every((bit) => rules.filter((rule) => names(rule, request) && (rule.access & bit) !== 0).at(-1)?.allow ?? false);
}

function names(rule: DeviceRule, request: Access): boolean {
  return (
    (rule.type === 'a' || rule.type === request.type) &&
    (rule.major === '*' || rule.major === request.major) &&
    (rule.minor === '*' || rule.minor === request.minor)
  );
}

export function rule(values: Partial<DeviceRule>): DeviceRule {
  return { allow: true, type: 'c', major: '*', minor: '*', access: 7, ...values };
}

export function randomRule(random: (below: number) => number): DeviceRule {
  const number = () => (['*', '*', 1, 2, 3, 0xffff_ffff] as const)[random(6)] ?? '*';
  return {
    allow: random(2) === 0,
    type: (['a', 'b', 'c'] as const)[random(3)] ?? 'a',
    major: number(),
    minor: number(),
    access: random(2) === 0 ? 7 : 1 + random(7),
  };
}

/** Numerical Recipes' linear congruential generator: the same lists in every run. */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
