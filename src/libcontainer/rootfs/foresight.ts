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
  private readonly root: Known = { inside: new Map(), seen: true, sight: DIRECTORY, mounted: undefined };
  /** Something was done where only the kernel knows. */
  private lost = false;

  /** What a survey has found. */
  see(path: string, sight: Sight): void {
    this.note(path, sight);
  }

  /** Undefined: it has to be looked at. */
  at(path: string): Sight | undefined {
    const sights = this.along(path);
    return sights.length === 0 ? DIRECTORY : sights.at(-1);
  }

  /** The same for each of `a`, `a/b`, `a/b/c`; none for the root. */
  along(path: string): readonly (Sight | undefined)[] {
    const names = partsOf(path);
    const foreseen = !this.lost && !names.includes('..');
    return this.walk(names).map(({ place, around }) => {
      if (!foreseen) return undefined;
      // In a tmpfs that was empty there is only what was made.
      return place?.seen ? place.sight : around === 'empty' ? 'missing' : undefined;
    });
  }

  /** What {@link at} called missing is there, with all the directories on the way. */
  made(path: string, kind: 'directory' | 'file'): void {
    const sights = this.along(path);
    const last = sights.length - 1;
    partsOf(path).reduce((place, name, i) => {
      const next = within(place, name);
      if (sights[i] === 'missing') {
        next.seen = true;
        next.sight = i < last || kind === 'directory' ? DIRECTORY : undefined;
      }
      return next;
    }, this.root);
  }

  /** Something was perhaps made there that is to be looked at. */
  unsure(path: string): void {
    this.note(path, undefined);
  }

  /** Something was opened, and perhaps made, at the end of symlinks or where nothing had been foreseen. */
  groped(path: string): void {
    // No image has links in there.
    if (goesUp(path) || this.walk(partsOf(path)).at(-1)?.around !== 'kernel') this.forget();
  }

  /** Somebody else may have changed the rootfs. */
  forget(): void {
    this.lost = true;
  }

  /** A mount hides what was seen there. */
  covered(path: string, shape: Shape): void {
    if (goesUp(path)) this.forget();
    const place = this.place(path);
    place.inside.clear();
    place.seen = shape === 'empty';
    place.sight = DIRECTORY;
    place.mounted = shape;
  }

  private note(path: string, sight: Sight | undefined): void {
    const place = this.place(path);
    place.seen = true;
    place.sight = sight;
  }

  private place(path: string): Known {
    return partsOf(path).reduce(within, this.root);
  }

  /** What is known of each place on the way, and the innermost mount since the survey. */
  private walk(names: readonly string[]): { place: Known | undefined; around: Shape | undefined }[] {
    let place: Known | undefined = this.root;
    let around: Shape | undefined;
    return names.map((name) => {
      place = place?.inside.get(name);
      around = place?.mounted ?? around;
      return { place, around };
    });
  }
}

/** A place and what lies in it: one for each name of a path, or a path of a thousand would be cut into a thousand. */
interface Known {
  readonly inside: Map<string, Known>;
  /** Whether `sight` is what is known of it. */
  seen: boolean;
  sight: Sight | undefined;
  mounted: Shape | undefined;
}

function within({ inside }: Known, name: string): Known {
  const known = inside.get(name);
  if (known) return known;
  const place: Known = { inside: new Map(), seen: false, sight: undefined, mounted: undefined };
  inside.set(name, place);
  return place;
}

function partsOf(path: string): string[] {
  const place = relative(path);
  return place === '.' ? [] : place.split('/');
}

/** A new tmpfs; a file system of the kernel's own making, such as a procfs; whatever else. */
export type Shape = 'empty' | 'kernel' | 'other';

/** The root, or one that we have made. */
const DIRECTORY: Place = { isDirectory: true, mode: undefined };

/** Where `..` leads, only the kernel knows. */
function goesUp(path: string): boolean {
  return partsOf(path).includes('..');
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
export function prefixes(place: string): string[] {
  const parts = place.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
