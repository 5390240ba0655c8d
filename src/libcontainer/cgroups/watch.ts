import type { CgroupDirectory } from './directory.ts';
import type { CgroupHost } from './manager.ts';

/** What has happened in a cgroup: the OOM killer has struck, its last process is gone, or neither by the deadline. */
export type CgroupChange = 'oom' | 'ended' | 'timeout';

/** Waits for changes in a cgroup, asleep: the kernel says when one of its files says something new. */
export class CgroupWatch {
  private open: number[] = [];
  private oomKills: number;

  constructor(
    private readonly directory: CgroupDirectory,
    private readonly host: CgroupHost,
  ) {
    this.oomKills = directory.count('memory.events', 'oom_kill');
  }

  /** The next change, in the order in which they happen. `deadline` is one of the monotonic clock. */
  next(deadline: bigint): CgroupChange {
    try {
      for (;;) {
        const change = this.look();
        if (change !== undefined) return change;
        const left = deadline - this.host.engine.monotonic();
        if (left <= 0n) return 'timeout';
        this.host.system.wait(this.open, left);
      }
    } finally {
      this.close();
    }
  }

  /** What is said now, from files that stay open: the kernel compares with what was read by that descriptor. */
  private look(): 'oom' | 'ended' | undefined {
    this.close();
    const kills = Number(this.read('memory.events')?.get('oom_kill') ?? this.oomKills);
    const populated = this.read('cgroup.events')?.get('populated') === 1n;
    const struck = kills > this.oomKills;
    this.oomKills = kills;
    if (struck) return 'oom';
    return populated ? undefined : 'ended';
  }

  private read(file: string): Map<string, bigint> | undefined {
    const opened = this.directory.openAndRead(file);
    if (opened) this.open.push(opened.fd);
    return opened?.counts;
  }

  private close(): void {
    for (const fd of this.open) this.host.engine.files.close(fd);
    this.open = [];
  }
}
