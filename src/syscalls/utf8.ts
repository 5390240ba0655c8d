/** UTF-8 without the engine's help: the layer of system calls may not ask for one. */
export function utf8(value: string): Uint8Array {
  const ascii = new Uint8Array(value.length);
  return putAscii(value, ascii, 0) ? ascii : anyUtf8(value);
}

/** A name with NUL inside would silently become another name. */
export function cString(value: string): Uint8Array {
  const terminated = new Uint8Array(value.length + 1);
  return putCString(value, terminated, 0) ? terminated : anyUtf8(`${value}\0`);
}

/** Writes `value` to `at`, where as many zeroes are as it has characters, and one more. False if they are not enough. */
export function putCString(value: string, into: Uint8Array, at: number): boolean {
  if (value.includes('\0')) throw new RangeError(`a NUL byte in ${JSON.stringify(value)}`);
  return putAscii(value, into, at);
}

/** What nearly all strings of a config are. False if this one is not. */
function putAscii(value: string, into: Uint8Array, at: number): boolean {
  const { length } = value;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) return false;
    into[at + i] = code;
  }
  return true;
}

function anyUtf8(value: string): Uint8Array {
  const out: number[] = [];
  for (const char of value) {
    const point = char.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(out);
}
