/**
 * The JSON text of `value`: compact, or with one line a member when `indent` is given (`'  '` for `state`,
 * `'\t'` for `spec`), in the layout of Go's encoding/json. Bigints are written as integers, slashes are never
 * escaped, absent (undefined) members are left out. Functions and symbols are a programming error.
 */
export function writeJson(value: unknown, indent = ''): string {
  return write(value, indent, '\n');
}

/**
 * The same, compact, for {@link import('./document.ts').parseOwn} to read again: by the engine's own function, which is
 * several times as fast and refuses bigints.
 */
export function writeOwn(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return writeJson(value);
  }
}

/** `newline` is the line break with the indentation of the value that is being written. */
function write(value: unknown, indent: string, newline: string): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return writeNumber(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? bracket(
            '[',
            value.map((item) => write(item, indent, newline + indent)),
            ']',
            indent,
            newline,
          )
        : bracket('{', members(value, indent, newline + indent), '}', indent, newline);
    default:
      throw new TypeError(`no JSON for a value of type ${typeof value}`);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`no JSON for the number ${value}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

function members(value: object, indent: string, newline: string): string[] {
  const colon = indent === '' ? ':' : ': ';
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}${colon}${write(member, indent, newline)}`);
}

function bracket(open: string, items: readonly string[], close: string, indent: string, newline: string): string {
  if (items.length === 0 || indent === '') return `${open}${items.join(',')}${close}`;
  const inner = newline + indent;
  return `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
}
