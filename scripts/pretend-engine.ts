import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Files, Native } from '../src/engine/engine.ts';
import { nodeEngine } from '../src/engine/node/engine.ts';
import { HEADER } from '../src/syscalls/layout.ts';

/**
 * Runs the commands that matter for speed on an engine that makes no system call: every call succeeds with 0,
 * every stub answers at once. Nothing but the state directory in a temporary place is real. What comes out is
 * of no interest; what V8 has compiled on the way is.
 */
export async function rehearse(start: (engine: Engine) => Promise<unknown>): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'tsrunc-build-'));
  const root = join(place, 'state');
  mkdirSync(join(place, 'rootfs'));
  const commands = [
    ['--version'],
    ['spec', '--bundle', place],
    [
      '--root',
      root,
      '--log',
      join(place, 'log'),
      '--log-format',
      'json',
      'create',
      '--bundle',
      place,
      '--pid-file',
      join(place, 'pid'),
      'c',
    ],
    ['--root', root, 'state', 'c'],
    ['--root', root, 'start', 'c'],
    ['--root', root, 'list'],
    ['--root', root, 'kill', 'c', 'KILL'],
    ['--root', root, 'delete', '--force', 'c'],
    ['--root', root, 'run', '--bundle', place, 'c'],
    ['--root', root, '--trace', join(place, 'trace.json'), 'run', '--bundle', place, 'c'],
    ['--root', root, 'state', 'none'],
    ['features'],
  ];
  try {
    for (const argv of commands) await once(start, new Pretence(argv).engine);
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** `exit` must not return, and must not end the build: it throws. */
async function once(start: (engine: Engine) => Promise<unknown>, engine: Engine): Promise<void> {
  const cwd = process.cwd();
  try {
    await start(engine);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  } finally {
    process.chdir(cwd);
  }
}

class Exit extends Error {}

class Pretence {
  readonly engine: Engine;
  private readonly real = nodeEngine(() => {
    throw new Error('no system calls here');
  });

  constructor(argv: readonly string[]) {
    this.engine = {
      ...this.real,
      argv,
      files: this.files(),
      native: () => this.native,
      exit: () => {
        throw new Exit();
      },
    };
  }

  private readonly native: Native = {
    call: () => ({ value: 0, errno: 0 }),
    map: (size) => ({ address: 0x10000, bytes: new Uint8Array(size) }),
  };

  /** Files of the temporary place and of /proc are real; sockets and cgroups are not. */
  private files(): Files {
    const { files } = this.real;
    return {
      ...files,
      read: (path) => (isCgroup(path) ? new Uint8Array() : files.read(path)),
      write: (fd, bytes) => (fd < 3 ? undefined : attempt(() => files.write(fd, bytes))),
      // A stub's reply: nothing left over, every result 0.
      readSome: (_, size) => {
        const reply = new Uint8Array(size);
        if (size >= HEADER.size) new DataView(reply.buffer).setUint32(HEADER.remaining, 0, true);
        return reply;
      },
      open: (path, flags, mode) =>
        isCgroup(path) || path.startsWith('/proc/') ? NOTHING : files.open(path, flags, mode),
      close: (fd) => (fd < 3 || fd === NOTHING ? undefined : attempt(() => files.close(fd))),
      mkdir: (path, mode) => (isCgroup(path) ? undefined : files.mkdir(path, mode)),
      rmdir: (path) => (isCgroup(path) ? undefined : files.rmdir(path)),
      readdir: (path) => (isCgroup(path) ? [] : files.readdir(path)),
      stat: (path) => files.stat(path.startsWith('/proc/') ? '/proc/self' : path),
    };
  }
}

const NOTHING = 1 << 20;

function isCgroup(path: string): boolean {
  return path.startsWith('/sys/fs/cgroup');
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // A descriptor that only pretence has opened.
  }
}
