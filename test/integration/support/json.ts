export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

/**
 * Changes to a document, by JSON pointer. `undefined` removes. A pointer that ends in `/-` appends each item of
 * its list. What is missing on the way is made.
 */
export type Patch = Readonly<Record<string, Json | undefined>>;

export function patched(document: Json, patch: Patch): Json {
  let result = clone(document);
  for (const [pointer, value] of Object.entries(patch)) {
    if (pointer === '') result = value ?? null;
    else apply(result, pointer.split('/').slice(1).map(unescaped), value);
  }
  return result;
}

/** JSON text in which bigint is written in full: rlimits and seccomp values exceed 2^53. */
export function stringify(value: Json): string {
  const marked = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `bigint:${item}` : item), 2);
  return marked.replace(/"bigint:(-?\d+)"/g, '$1');
}

function clone(value: Json): Json {
  if (Array.isArray(value)) return value.map(clone);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clone(item)]));
  return value;
}

function apply(parent: Json, path: readonly string[], value: Json | undefined): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) assign(parent, key, value);
  else if (rest.length === 1 && rest[0] === '-') append(parent, key, value);
  else apply(child(parent, key), rest, value);
}

function assign(parent: Json, key: string, value: Json | undefined): void {
  if (Array.isArray(parent)) {
    const index = Number(key);
    if (value === undefined) parent.splice(index, 1);
    else parent[index] = value;
  } else if (isObject(parent)) {
    if (value === undefined) delete parent[key];
    else parent[key] = value;
  } else throw new Error(`nothing to patch at ${key}`);
}

function append(parent: Json, key: string, items: Json | undefined): void {
  if (!Array.isArray(items)) throw new Error(`${key}/- takes a list of what to append`);
  const list = child(parent, key, []);
  if (!Array.isArray(list)) throw new Error(`${key} is not a list`);
  list.push(...items);
}

function child(parent: Json, key: string, missing: Json = {}): Json {
  if (Array.isArray(parent)) return parent[Number(key)] ?? null;
  if (!isObject(parent)) throw new Error(`nothing to patch below ${key}`);
  const found = parent[key] ?? missing;
  parent[key] = found;
  return found;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unescaped(token: string): string {
  return token.replace(/~1/g, '/').replace(/~0/g, '~');
}
