import type { CgroupDirectory } from './directory.ts';
import type { CgroupWrite } from './resources.ts';

/** What files of a cgroup said before they were written to, so that a half-made update can be taken back. */
export class Snapshot {
  /** By name, in the order in which they are going to be written. */
  private readonly before = new Map<string, string>();

  constructor(
    private readonly directory: Pick<CgroupDirectory, 'tryRead' | 'write'>,
    writes: readonly Pick<CgroupWrite, 'file' | 'otherwise'>[],
  ) {
    for (const file of writes.flatMap(touched)) {
      const text = this.read(file);
      if (text !== undefined) this.before.set(file, text);
    }
  }

  /** Puts the old values back. Gives the names of the files that did not take theirs. */
  restore(): string[] {
    // Twice: a burst may only be taken when the quota is, a weight when the cgroup is idle no more.
    for (let round = 0; round < 2; round++) {
      for (const [file, text] of [...this.before].reverse()) this.putBack(file, text);
    }
    return [...this.before].filter(([file, text]) => this.read(file) !== text).map(([file]) => file);
  }

  private putBack(file: string, text: string): void {
    const now = this.read(file);
    if (now === text) return;
    for (const line of linesBack(file, text, now ?? '')) {
      try {
        this.directory.write(file, line);
      } catch {
        // The comparison at the end tells.
      }
    }
  }

  /** Undefined also for files that can only be written: memory.reclaim has nothing to put back. */
  private read(file: string): string | undefined {
    try {
      return this.directory.tryRead(file)?.trim();
    } catch {
      return undefined;
    }
  }
}

function touched({ file, otherwise }: Pick<CgroupWrite, 'file' | 'otherwise'>): string[] {
  const own = otherwise ? [file, otherwise.file] : [file];
  // Idleness is a weight of its own kind: the kernel gives the other up.
  return file === 'cpu.idle' ? ['cpu.weight', ...own] : own;
}

/** A file whose lines are about one device each is written line by line, and a line is not undone by its absence. */
function linesBack(file: string, text: string, now: string): string[] {
  const reset = resets[file];
  // An empty write would not reach the kernel.
  if (reset === undefined) return [text || '\n'];
  const before = linesByKey(text);
  const changed = [...before].filter(([key, line]) => linesByKey(now).get(key) !== line).map(([, line]) => line);
  const added = [...linesByKey(now).keys()].filter((key) => !before.has(key)).map((key) => `${key} ${reset}`);
  return [...changed, ...added];
}

function linesByKey(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', line]));
}

/** What takes the line of a device away. */
const resets: Readonly<Record<string, string>> = {
  'io.max': 'rbps=max wbps=max riops=max wiops=max',
  'io.weight': 'default',
  'io.bfq.weight': 'default',
  'io.latency': 'target=0',
  'rdma.max': 'hca_handle=max hca_object=max',
};
