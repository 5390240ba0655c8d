import { isErrno } from '../../engine/errors.ts';
import type { Resources } from '../../spec/config-linux.ts';
import { ContainerError } from '../errors.ts';
import { POINTER } from './conversions.ts';
import type { CgroupDirectory } from './directory.ts';
import type { CgroupWrite } from './resources.ts';

/** Performs the writes in order. Throws at the first that the kernel refuses. */
export function applyWrites(directory: CgroupDirectory, writes: readonly CgroupWrite[]): void {
  const late = writes.filter((write) => !apply(directory, write, write.retry ?? false));
  for (const write of late) apply(directory, write, false);
}

/** False if it was refused but may succeed later. */
function apply(directory: CgroupDirectory, write: CgroupWrite, mayRetry: boolean): boolean {
  const { file, value, optional, otherwise } = write;
  try {
    directory.write(file, value);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT') && optional) return true;
    if (isErrno(error, 'ENOENT') && otherwise) return apply(directory, instead(write, otherwise), false);
    if (isErrno(error, 'EINVAL') && mayRetry) return false;
    throw refused(directory, write, error);
  }
}

function instead({ pointer, controller }: CgroupWrite, otherwise: Pick<CgroupWrite, 'file' | 'value'>): CgroupWrite {
  return { ...otherwise, pointer, controller };
}

function refused(directory: CgroupDirectory, write: CgroupWrite, cause: unknown): ContainerError {
  const { file, value, pointer, controller, verbatim } = write;
  if (verbatim && controller && isErrno(cause, 'ENOENT', 'EACCES', 'EPERM')) {
    const available = directory.words('cgroup.controllers').includes(controller);
    const name = JSON.stringify(file);
    if (!available) {
      const message = `unified resource ${name} can't be set: controller ${JSON.stringify(controller)} not available`;
      return new ContainerError('cgroup', message, { pointer, cause });
    }
  }
  return new ContainerError('cgroup', `write ${JSON.stringify(value)} to ${directory.path}/${file}`, {
    pointer,
    cause,
    hint: hints.find(([pattern, code]) => pattern.test(file) && isErrno(cause, code))?.[2](directory, file),
  });
}

/** Where the errno alone leaves people guessing. */
const hints: readonly (readonly [RegExp, string, (directory: CgroupDirectory, file: string) => string])[] = [
  [/^io\.weight$/, 'ENOENT', () => 'the kernel has neither BFQ nor the io cost model'],
  [/^io\./, 'ENODEV', () => 'there is no such block device; a partition has no limits of its own'],
  [/^hugetlb\./, 'ENOENT', (directory) => `page sizes of this machine: ${pageSizes(directory) || 'none'}`],
  [/^cpuset\.(cpus|mems)$/, 'EINVAL', () => 'expected a list of numbers and ranges: 0-3,7'],
  [
    /^cpuset\.(cpus|mems)$/,
    'ERANGE',
    (_, file) => `this machine has fewer ${file === 'cpuset.cpus' ? 'CPUs' : 'nodes'}`,
  ],
  [/^cpu\.max/, 'EINVAL', () => 'period: 1000 to 1000000 µs, quota: at least 1000 µs, burst: at most the quota'],
];

function pageSizes(directory: CgroupDirectory): string {
  const sizes = directory.files().map((name) => /^hugetlb\.([^.]+)\.max$/.exec(name)?.[1]);
  return sizes.filter((size) => size !== undefined).join(', ');
}

/** `memory.checkBeforeUpdate`: a limit below what is in use is refused instead of enforced by the OOM killer. */
export function checkMemoryUsage(directory: CgroupDirectory, { memory }: Resources): void {
  if (!memory?.checkBeforeUpdate) return;
  const text = directory.tryRead('memory.current');
  if (text === undefined) return;
  const usage = BigInt(text.trim());
  for (const [field, words] of [
    ['swap', 'memory+swap limit'],
    ['limit', 'memory limit'],
  ] as const) {
    const limit = BigInt(memory[field] ?? 0);
    if (limit <= 0n || limit > usage) continue;
    const pointer = `${POINTER}/memory/${field}`;
    throw new ContainerError('cgroup', `rejecting ${words} ${limit} <= usage ${usage}`, { pointer });
  }
}
