import * as fs from 'node:fs';
import * as path from 'node:path';

/** The machine as the tests see it: programs, mounts, processes, cgroups. Everything is read anew at each call. */

export interface Mount {
  readonly id: number;
  readonly parent: number;
  readonly root: string;
  readonly target: string;
  readonly options: string;
  /** `shared:1`, `master:2`: the propagation fields. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly data: string;
}

export function which(program: string): string | undefined {
  const directories = (process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(':');
  return directories.map((directory) => path.join(directory, program)).find(isExecutable);
}

export function mounts(pid: number | 'self' = 'self'): Mount[] {
  return parseMountinfo(slurp(`/proc/${pid}/mountinfo`));
}

export function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [id, parent, , root = '', target = '', options = '', ...propagation] = left.split(' ');
      const [type = '', source = '', data = ''] = right.split(' ');
      return { id: Number(id), parent: Number(parent), root, target, options, propagation, type, source, data };
    });
}

/** Where each cgroup hierarchy is mounted, the unified one first. */
export function cgroupMounts(): string[] {
  const found = mounts().filter((mount) => mount.type === 'cgroup' || mount.type === 'cgroup2');
  return found.sort((a, b) => b.type.length - a.type.length).map((mount) => mount.target);
}

/** The unified hierarchy, where tsrunc keeps its containers. */
export function cgroup2Mount(): string | undefined {
  return mounts().find((mount) => mount.type === 'cgroup2')?.target;
}

/** Controllers that the unified hierarchy can give. A hybrid machine has few or none. */
export function cgroup2Controllers(): string[] {
  const mount = cgroup2Mount();
  return mount === undefined ? [] : slurp(path.join(mount, 'cgroup.controllers')).split(/\s+/).filter(Boolean);
}

/** Directories whose name holds `name`, deepest first, so that they can be removed in this order. */
export function cgroupsNamed(name: string): string[] {
  return cgroupMounts().flatMap((mount) => directoriesNamed(mount, name));
}

function directoriesNamed(directory: string, name: string, inside = false): string[] {
  return entries(directory).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const found = inside || entry.name.includes(name);
    const below = directoriesNamed(path.join(directory, entry.name), name, found);
    return found ? [...below, path.join(directory, entry.name)] : below;
  });
}

export function processes(): number[] {
  return entries('/proc')
    .map((entry) => Number(entry.name))
    .filter((pid) => pid > 0);
}

/** Living children of a process. */
export function childrenOf(parent: number): number[] {
  const listed = slurp(`/proc/${parent}/task/${parent}/children`);
  if (listed !== '') return listed.trim().split(' ').map(Number).filter(isAlive);
  return processes().filter((pid) => statusField(pid, 'PPid') === String(parent) && isAlive(pid));
}

/** One field of `/proc/PID/status`, or undefined when there is no such process. */
export function statusField(pid: number, field: string): string | undefined {
  const line = slurp(`/proc/${pid}/status`)
    .split('\n')
    .find((text) => text.startsWith(`${field}:`));
  return line?.slice(field.length + 1).trim();
}

/** Neither gone nor a zombie. */
export function isAlive(pid: number): boolean {
  const state = statusField(pid, 'State');
  return state !== undefined && !/^[ZX]/.test(state);
}

const CAPABILITIES = { CAP_MKNOD: 27n, CAP_SYS_RESOURCE: 24n } as const;

/** Whether the tests themselves are privileged enough; a machine or a CI container may hold some back. */
export function hasCapability(name: keyof typeof CAPABILITIES): boolean {
  const effective = BigInt(`0x${statusField(process.pid, 'CapEff') ?? '0'}`);
  return ((effective >> CAPABILITIES[name]) & 1n) === 1n;
}

/** A descriptor's file status flags as fcntl(F_GETFL) reports them: fdinfo adds O_CLOEXEC, which is the descriptor's own. */
export function descriptorFlags(fd: number): number {
  const O_CLOEXEC = 0o2000000;
  return Number.parseInt(/flags:\s*(\d+)/.exec(slurp(`/proc/self/fdinfo/${fd}`))?.[1] ?? '', 8) & ~O_CLOEXEC;
}

/**
 * Processes that carry `name` in anything that ties them to a sandbox: command line, environment, cwd, descriptors,
 * cgroup, or (in a mount namespace of their own) the root they were pivoted into. Never this process or its parents.
 */
export function processesOf(name: string): number[] {
  const family = ancestors();
  return processes().filter((pid) => !family.has(pid) && isAlive(pid) && ties(pid).some((text) => text.includes(name)));
}

function ties(pid: number): string[] {
  const directory = `/proc/${pid}`;
  const descriptors = entries(`${directory}/fd`).map((entry) => `${directory}/fd/${entry.name}`);
  const links = ['cwd', 'exe', 'root']
    .map((link) => `${directory}/${link}`)
    .concat(descriptors)
    .map(linkOf);
  const foreign = linkOf(`${directory}/ns/mnt`) !== linkOf('/proc/self/ns/mnt');
  const root = foreign ? (mounts(pid).find((mount) => mount.target === '/')?.root ?? '') : '';
  return [...links, root, ...['cmdline', 'environ', 'cgroup'].map((file) => slurp(`${directory}/${file}`))];
}

function ancestors(): Set<number> {
  const family = new Set<number>();
  for (let pid = process.pid; pid > 0; pid = Number(statusField(pid, 'PPid') ?? 0)) family.add(pid);
  return family;
}

/** The file's text, or nothing: processes and cgroups vanish while they are looked at. */
export function slurp(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function linkOf(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}

function entries(directory: string): fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
