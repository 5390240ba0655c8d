import { relative } from './target.ts';

/** A place of the container to which no symlink leads. */
export type Sight = Place | 'missing';

export interface Place {
  readonly isDirectory: boolean;
  /** The permission bits; undefined if they are not known. */
  readonly mode: number | undefined;
}

/**
 * What the runtime knows of the places where it will mount: it has looked at all of them at once (survey.ts), and
 * remembers what it made since. So a mount waits for no answer: 300 of them took 900 round trips.
 *
 * Who acts on it still opens the place beneath the rootfs, and without symlinks; and what must not be mounted over is
 * told by the descriptor (inside-proc.ts), never by what was seen here. A rootfs that somebody changes meanwhile makes
 * the create fail, and can do no more.
 */
export class Foresight {
  private readonly seen = new Map<string, Sight | undefined>();
  private readonly mounted = new Map<string, Shape>();
  /** What lies on the way to any of them: only a mount there hides another. */
  private readonly ways = new Set<string>();
  /** Something was done where only the kernel knows. */
  private lost = false;

  /** What a survey has found. */
  see(path: string, sight: Sight): void {
    const place = relative(path);
    this.seen.set(place, sight);
    this.remember(place);
  }

  /** Undefined: it has to be looked at. */
  at(path: string): Sight | undefined {
    const place = relative(path);
    if (place === '.') return DIRECTORY;
    if (this.lost || goesUp(place)) return undefined;
    if (this.seen.has(place)) return this.seen.get(place);
    return this.shapeAround(place) === 'empty' ? 'missing' : undefined;
  }

  /** What {@link at} called missing is there, with all the directories on the way. */
  made(path: string, kind: 'directory' | 'file'): void {
    const place = relative(path);
    for (const prefix of prefixes(place)) {
      const isDirectory = prefix !== place || kind === 'directory';
      if (this.at(prefix) === 'missing') this.seen.set(prefix, isDirectory ? DIRECTORY : undefined);
    }
    this.remember(place);
  }

  /** Something was perhaps made there that is to be looked at. */
  unsure(path: string): void {
    this.seen.set(relative(path), undefined);
  }

  /** Something was opened, and perhaps made, at the end of symlinks or where nothing had been foreseen. */
  groped(path: string): void {
    const place = relative(path);
    // No image has links in there.
    if (goesUp(place) || this.shapeAround(place) !== 'kernel') this.forget();
  }

  /** Somebody else may have changed the rootfs. */
  forget(): void {
    this.lost = true;
  }

  /** A mount hides what was seen there. */
  covered(path: string, shape: Shape): void {
    const place = relative(path);
    if (goesUp(place)) this.forget();
    if (this.ways.has(place)) {
      for (const map of [this.seen, this.mounted]) {
        for (const other of map.keys()) if (other.startsWith(`${place}/`)) map.delete(other);
      }
    }
    this.seen.delete(place);
    this.mounted.set(place, shape);
    this.remember(place);
    if (shape === 'empty') this.seen.set(place, DIRECTORY);
  }

  private remember(place: string): void {
    for (const way of prefixes(place).slice(0, -1)) this.ways.add(way);
  }

  /** Of the innermost mount since the survey. */
  private shapeAround(place: string): Shape | undefined {
    const mount = prefixes(place)
      .reverse()
      .find((prefix) => this.mounted.has(prefix));
    return mount === undefined ? undefined : this.mounted.get(mount);
  }
}

/** A new tmpfs; a file system of the kernel's own making, such as a procfs; whatever else. */
export type Shape = 'empty' | 'kernel' | 'other';

/** The root, or one that we have made. */
const DIRECTORY: Place = { isDirectory: true, mode: undefined };

/** Where `..` leads, only the kernel knows. */
function goesUp(place: string): boolean {
  return place.split('/').includes('..');
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
export function prefixes(place: string): string[] {
  const parts = place.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
