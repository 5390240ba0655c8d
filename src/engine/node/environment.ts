/**
 * What the engine and its libraries would take from the environment, hidden from them at build time
 * (scripts/environment-guard.ts): the first letter arrives in lower case.
 */
export const hiddenPrefixes = ['NODE_', 'OPENSSL_', 'SSL_', 'UV_', 'ICU_'] as const;

/** The environment as the caller gave it. */
export function callersEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [shown(name), value]));
}

function shown(name: string): string {
  const prefix = hiddenPrefixes.find((hidden) => name.startsWith(hidden.charAt(0).toLowerCase() + hidden.slice(1)));
  return prefix ? prefix + name.slice(prefix.length) : name;
}
