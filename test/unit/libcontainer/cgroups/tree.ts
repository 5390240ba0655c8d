import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Files, OpenFlag } from '../../../../src/engine/engine.ts';
import { SyscallError } from '../../../../src/engine/errors.ts';
import { files as nodeFiles } from '../../../../src/engine/node/files.ts';
import type { CgroupHost } from '../../../../src/libcontainer/cgroups/manager.ts';

/**
 * A directory of plain files that behaves like a cgroup2 mount where it matters: a new directory is born with
 * its files, a controller's files come with the controller, a directory with processes or children stays.
 * Everything goes through the real file functions; what was written is also kept in `writes`.
 */
export class FakeTree {
  readonly mount = fs.mkdtempSync(join(tmpdir(), 'tsrunc-cgroup-'));
  /** `path file=value`, relative to the mount. */
  readonly writes: string[] = [];
  readonly logged: string[] = [];
  readonly killed: number[] = [];
  readonly programs: { directory: string; program: Uint8Array }[] = [];
  /** Answers for single files: an errno, instead of the write. */
  readonly refusals: ((path: string, value: string) => string | undefined)[] = [];
  /** Called at every sleep, with its length. */
  onSleep: (milliseconds: number) => void = () => {};
  private clock = 0n;
  private readonly open = new Map<number, string>();

  constructor(controllers = 'cpuset cpu io memory hugetlb pids rdma') {
    this.populate(this.mount, controllers, true);
  }

  readonly host: CgroupHost = {
    engine: {
      files: this.files(),
      encode: (text) => new TextEncoder().encode(text),
      decode: (bytes) => new TextDecoder().decode(bytes),
      monotonic: () => this.clock,
      env: {},
    },
    log: {
      step: () => undefined,
      debug: (message) => this.logged.push(`debug ${message}`),
      warn: (message) => this.logged.push(`warn ${message}`),
    },
    system: {
      devices: { replace: (directory, program) => void this.programs.push({ directory, program }) },
      beneath: {
        open: (mount, path) => this.host.engine.files.open(`${mount}/${path}`, ['O_WRONLY']),
        mkdir: (mount, path, mode) => this.host.engine.files.mkdir(`${mount}/${path}`, mode),
        rmdir: (mount, path) => this.host.engine.files.rmdir(`${mount}/${path}`),
      },
      sleep: (milliseconds) => {
        this.clock += BigInt(milliseconds) * 1_000_000n;
        this.onSleep(milliseconds);
      },
      wait: (_, nanoseconds) => this.host.system.sleep(Number(nanoseconds / 1_000_000n)),
      connect: (path) => {
        throw new Error(`nobody listens at ${path}`);
      },
      kill: (pid) => void this.killed.push(pid),
    },
  };

  path(name: string): string {
    return join(this.mount, name);
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), 'utf8');
  }

  set(name: string, text: string): void {
    fs.writeFileSync(this.path(name), text);
  }

  has(name: string): boolean {
    return fs.existsSync(this.path(name));
  }

  mkdir(name: string): void {
    this.host.engine.files.mkdir(this.path(name), 0o755);
  }

  discard(): void {
    fs.rmSync(this.mount, { recursive: true, force: true });
  }

  private files(): Files {
    const files = realFiles();
    return {
      ...files,
      mkdir: (path, mode) => {
        files.mkdir(path, mode);
        this.populate(path, fs.readFileSync(join(path, '..', 'cgroup.subtree_control'), 'utf8'), false);
      },
      rmdir: (path) => this.rmdir(path),
      open: (path, flags: readonly OpenFlag[], mode) => {
        const truncates = path.startsWith(this.mount) && flags.includes('O_WRONLY');
        if (truncates && flags.length !== 1) throw new Error(`a file of a cgroup is opened with ${flags}`);
        const fd = files.open(path, truncates ? ['O_WRONLY', 'O_TRUNC'] : flags, mode);
        this.open.set(fd, path);
        return fd;
      },
      write: (fd, bytes) => this.write(this.open.get(fd) ?? '', fd, bytes),
    };
  }

  private write(path: string, fd: number, bytes: Uint8Array): void {
    const value = new TextDecoder().decode(bytes);
    const name = path.slice(this.mount.length + 1);
    for (const refusal of this.refusals) {
      const code = refusal(name, value);
      if (code !== undefined) throw new SyscallError('write', [`fd ${fd}`], 1, code);
    }
    this.writes.push(`${name}=${value}`);
    nodeFiles.write(fd, bytes);
    if (name.endsWith('cgroup.subtree_control')) this.enable(path, value);
    if (name.endsWith('cgroup.freeze')) this.freeze(path, value);
  }

  private enable(path: string, value: string): void {
    const directory = join(path, '..');
    const names = value.replaceAll('+', '').trim();
    fs.writeFileSync(path, names);
    for (const child of fs.readdirSync(directory, { withFileTypes: true })) {
      if (child.isDirectory()) this.populate(join(directory, child.name), names, false);
    }
  }

  private freeze(path: string, value: string): void {
    fs.writeFileSync(join(path, '..', 'cgroup.events'), `populated 0\nfrozen ${value}\n`);
  }

  private rmdir(path: string): void {
    if (!fs.existsSync(path)) throw new SyscallError('rmdir', [JSON.stringify(path)], 2, 'ENOENT');
    const entries = fs.readdirSync(path, { withFileTypes: true });
    const busy = entries.some((entry) => entry.isDirectory()) || fs.readFileSync(join(path, 'cgroup.procs'), 'utf8');
    if (busy) throw new SyscallError('rmdir', [JSON.stringify(path)], 16, 'EBUSY');
    for (const entry of entries) fs.unlinkSync(join(path, entry.name));
    fs.rmdirSync(path);
  }

  private populate(path: string, controllers: string, root: boolean): void {
    const names = [...commonFiles, ...(root ? [] : ['cgroup.type=domain', ...ownFiles(controllers)])];
    for (const entry of [`cgroup.controllers=${controllers}`, ...names]) {
      const [name, ...value] = entry.split('=');
      const file = join(path, name ?? '');
      if (!fs.existsSync(file) || name === 'cgroup.controllers') fs.writeFileSync(file, value.join('='));
    }
  }
}

/** What a call fails with that a test breaks. */
export function failureOf(code: string, path: string): SyscallError {
  return new SyscallError('mkdir', [JSON.stringify(path)], 1, code);
}

/** Inside of jest an error of Node's is no instance of the Error that the code under test knows. */
export function realFiles(): Files {
  return new Proxy(nodeFiles, {
    get: (target, name: keyof Files) =>
      new Proxy(target[name], {
        apply: (method, self, args) => {
          try {
            return Reflect.apply(method, self, args);
          } catch (error) {
            const { code, errno, syscall } = error as NodeJS.ErrnoException;
            if (error instanceof SyscallError || code === undefined) throw error;
            throw new SyscallError(syscall ?? name, [JSON.stringify(args[0])], -(errno ?? 0), code);
          }
        },
      }),
    ownKeys: (target) => Reflect.ownKeys(target),
  });
}

const commonFiles = ['cgroup.procs', 'cgroup.subtree_control'];

const controllerFiles: Readonly<Record<string, readonly string[]>> = {
  cpu: ['cpu.max', 'cpu.weight', 'cpu.idle', 'cpu.max.burst'],
  cpuset: ['cpuset.cpus', 'cpuset.mems'],
  io: ['io.max', 'io.weight'],
  memory: ['memory.max', 'memory.low', 'memory.current', 'memory.events', 'memory.swap.max'],
  hugetlb: ['hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max', 'hugetlb.1GB.max'],
  pids: ['pids.max'],
  rdma: ['rdma.max'],
};

function ownFiles(controllers: string): string[] {
  const events = 'cgroup.events=populated 0\nfrozen 0\n';
  const own = controllers.split(' ').flatMap((controller) => controllerFiles[controller] ?? []);
  return [events, 'cgroup.freeze=0\n', 'cgroup.kill', ...own];
}
