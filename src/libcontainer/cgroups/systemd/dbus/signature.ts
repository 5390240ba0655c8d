/** The single complete types of a D-Bus signature: `a(sv)u` is `a(sv)` and `u`. Throws a RangeError for what is none. */
export function completeTypes(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at, 0);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

/** What stands between the brackets of a struct or a dict entry. */
export function membersOf(type: string): string[] {
  return completeTypes(type.slice(1, -1));
}

/** D-Bus allows 32 arrays and 32 structs. */
const MAX_DEPTH = 64;

function endOfType(signature: string, at: number, depth: number): number {
  const code = signature[at] ?? '';
  if (depth > MAX_DEPTH) throw new RangeError(`signature ${signature} is nested too deep`);
  if (code === 'a') return endOfType(signature, at + 1, depth + 1);
  const closing = code === '(' ? ')' : code === '{' ? '}' : undefined;
  if (closing === undefined) {
    if (!'ybnqiuxtdhsogv'.includes(code) || code === '') throw new RangeError(`bad D-Bus signature ${signature}`);
    return at + 1;
  }
  let end = at + 1;
  while (end < signature.length && signature[end] !== closing) end = endOfType(signature, end, depth + 1);
  if (signature[end] !== closing || end === at + 1) throw new RangeError(`bad D-Bus signature ${signature}`);
  return end + 1;
}
