import { ALL_ACCESS, type DeviceRule, deviceAccess } from '../devices/rules.ts';
import type { Property } from './properties.ts';

/**
 * The device rules in systemd's words: a list of what is allowed. Systemd has a device program of its own, and both
 * have to agree to a request, so that this list must have at least what {@link DeviceRule}s permit. It may have more,
 * where a rule denies a part of what an earlier one allows: our own program knows better.
 */
export function deviceProperties(rules: readonly DeviceRule[]): Property[] {
  const entries = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    const access = left(rule, rules.slice(index + 1));
    if (access === 0) continue;
    for (const node of nodesOf(rule)) entries.set(node, (entries.get(node) ?? 0) | access);
  }
  return [
    { name: 'DevicePolicy', signature: 's', value: 'strict' },
    { name: 'DeviceAllow', signature: 'a(ss)', value: [...entries].map(([node, access]) => [node, letters(access)]) },
  ];
}

/** What a rule allows that no later one takes away altogether. */
function left(rule: DeviceRule, later: readonly DeviceRule[]): number {
  if (!rule.allow) return 0;
  const denied = later.filter((other) => !other.allow && covers(other, rule));
  return denied.reduce((access, other) => access & ~other.access, rule.access & ALL_ACCESS);
}

function covers(wide: DeviceRule, narrow: DeviceRule): boolean {
  return (
    (wide.type === 'a' || wide.type === narrow.type) &&
    (wide.major === '*' || wide.major === narrow.major) &&
    (wide.minor === '*' || wide.minor === narrow.minor)
  );
}

/** `char-136` is a major number; there is no way to say one minor of all majors. */
function nodesOf({ type, major, minor }: DeviceRule): string[] {
  const kinds = type === 'a' ? (['block', 'char'] as const) : type === 'b' ? (['block'] as const) : (['char'] as const);
  return kinds.map((kind) => {
    if (major === '*') return `${kind}-*`;
    return minor === '*' ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`;
  });
}

function letters(access: number): string {
  return (['r', 'w', 'm'] as const).filter((letter) => (access & deviceAccess[letter]) !== 0).join('');
}
