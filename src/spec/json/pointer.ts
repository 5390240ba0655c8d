/** JSON pointers (RFC 6901): `''` is the whole document, `/mounts/3` the fourth mount. */

export function joinPointer(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${escapeSegment(String(segment))}`).join('');
}

export function splitPointer(pointer: string): string[] {
  return pointer.split('/').slice(1).map(unescapeSegment);
}

/** The pointer of what contains it; the document contains itself. */
export function parentPointer(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));
}

/** The pointer itself and those of everything around it, innermost first; `''` is the last. */
export function enclosing(pointer: string): string[] {
  const pointers = [pointer];
  for (let place = pointer; place !== ''; ) {
    place = parentPointer(place);
    pointers.push(place);
  }
  return pointers;
}

function escapeSegment(segment: string): string {
  return segment.includes('~') || segment.includes('/') ? segment.replace(/~/g, '~0').replace(/\//g, '~1') : segment;
}

function unescapeSegment(segment: string): string {
  return segment.includes('~') ? segment.replace(/~1/g, '/').replace(/~0/g, '~') : segment;
}
