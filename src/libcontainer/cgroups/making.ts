import { isErrno } from '../../engine/errors.ts';
import { enableControllers, requireDomain } from './controllers.ts';
import { CgroupDirectory } from './directory.ts';
import type { CgroupHost } from './manager.ts';
import { removeTree } from './removal.ts';
import type { CgroupWrite } from './resources.ts';

/** The directories from the root of the hierarchy to a container's own. */
export class CgroupChain {
  readonly all: readonly CgroupDirectory[];
  readonly own: CgroupDirectory;
  /** What {@link make} made, outermost first. */
  private readonly made: CgroupDirectory[] = [];

  constructor(
    private readonly host: CgroupHost,
    mount: string,
    directory: string,
  ) {
    const names = directory.slice(mount.length + 1).split('/');
    const paths = names.map((_, index) => [mount, ...names.slice(0, index + 1)].join('/'));
    this.all = [mount, ...paths].map((path) => new CgroupDirectory(host, mount, path));
    this.own = new CgroupDirectory(host, mount, directory);
  }

  /** {@link make} made the container's own. */
  get isNew(): boolean {
    return this.made.at(-1)?.path === this.own.path;
  }

  /** Makes what is not there, and hands the controllers down on the way. */
  make(writes: readonly CgroupWrite[]): void {
    for (let attempt = 1; ; attempt++) {
      try {
        this.makeOnce(writes);
        return;
      } catch (error) {
        // A directory that was there a moment ago was another container's, which has been taken back meanwhile.
        if (!isErrno(error, 'ENOENT', 'ENODEV') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Removes what {@link make} made, but not from under another container that has moved in below it. */
  undo(): void {
    for (const directory of this.made.splice(0).reverse()) {
      if (directory.path === this.own.path) removeTree(directory, this.host);
      else removeUnlessShared(directory);
    }
  }

  private makeOnce(writes: readonly CgroupWrite[]): void {
    for (const [index, directory] of this.all.entries()) {
      if (index > 0) {
        if (directory.make()) this.made.push(directory);
        requireDomain(directory, writes, this.all.slice(0, index));
      }
      if (index < this.all.length - 1) enableControllers(directory, writes);
    }
  }
}

const MAX_ATTEMPTS = 100;

function removeUnlessShared(directory: CgroupDirectory): void {
  try {
    directory.remove();
  } catch (error) {
    if (!isErrno(error, 'EBUSY', 'ENOTEMPTY')) throw error;
  }
}
