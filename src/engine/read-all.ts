import type { Files } from './engine.ts';

/** All that is still to come from a descriptor: a pipe, a socket, what has no path that could be opened. */
export function readAll(files: Pick<Files, 'readSome'>, fd: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let piece = files.readSome(fd, PIECE); piece.length > 0; piece = files.readSome(fd, PIECE)) pieces.push(piece);
  const [first, ...more] = pieces;
  if (first !== undefined && more.length === 0) return first;
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

const PIECE = 1 << 16;
