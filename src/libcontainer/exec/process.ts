import type { Engine } from '../../engine/engine.ts';
import type { Capabilities, Config, Process } from '../../spec/config.ts';
import { loadProcess, processFaults } from '../../spec/load-process.ts';
import { type Fault, formatProblem } from '../../spec/problem.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import type { ExecOptions, ProcessChanges } from '../options.ts';

/** The process that is asked for: of the configuration as it was at create, never of the bundle. */
export function processFor({ engine, log }: Machine, config: Config, asked: ExecOptions['process']): Process {
  return 'file' in asked
    ? completed(fromFile({ engine, log }, asked.file), config.process)
    : changed(config.process, asked);
}

interface Machine {
  readonly engine: Engine;
  readonly log: Log;
}

function fromFile({ engine, log }: Machine, path: string): Process {
  const { process, problems } = loadProcess(engine.files.read(path), engine.decode);
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of problems) if (problem.severity === 'warning') log.debug(`${path}:${formatProblem(problem)}`);
  const [first] = errors;
  if (first || !process) {
    const text = errors.map((problem) => `${path}:${formatProblem(problem)}`).join('; ');
    throw new ContainerError('invalid-config', text, { pointer: first?.pointer });
  }
  return process;
}

/** What a process file may leave out, or leave empty, is the container's: all but directory, user, environment and limits. */
function completed(process: Process, base: Process | undefined): Process {
  const missing = OF_CONTAINER.filter((name) => (process[name] ?? '') === '' && base?.[name] !== undefined);
  const umask = process.user?.umask ?? base?.user?.umask;
  return {
    ...process,
    ...Object.fromEntries(missing.map((name) => [name, base?.[name]])),
    ...(umask !== undefined && { user: { ...process.user, umask } }),
  };
}

const OF_CONTAINER = [
  'capabilities',
  'apparmorProfile',
  'selinuxLabel',
  'oomScoreAdj',
  'scheduler',
  'ioPriority',
  'execCPUAffinity',
] as const;

function changed(base: Process | undefined, changes: ProcessChanges): Process {
  if (!base) throw new ContainerError('invalid-config', 'process property must not be empty', { pointer: '/process' });
  if (changes.args.length === 0) throw new ContainerError('invalid-argument', 'exec args cannot be empty');
  const { args, cwd, noNewPrivileges, selinuxLabel, apparmorProfile, terminal = false } = changes;
  const { user, env = [], additionalGids = [], capabilities = [] } = changes;
  const process: Process = {
    ...base,
    args,
    terminal,
    env: [...(base.env ?? []), ...env],
    user: { ...base.user, ...user, additionalGids: [...(base.user?.additionalGids ?? []), ...additionalGids] },
    ...(cwd && { cwd }),
    ...(noNewPrivileges !== undefined && { noNewPrivileges }),
    ...(selinuxLabel && { selinuxLabel }),
    ...(apparmorProfile && { apparmorProfile }),
    ...(capabilities.length > 0 && { capabilities: withCapabilities(base.capabilities ?? {}, capabilities) }),
  };
  refuse(processFaults(process));
  return process;
}

/** An ambient capability has to be inheritable, which these are not made: runc raises them all the same if others are. */
function withCapabilities(base: Capabilities, names: readonly string[]): Capabilities {
  const { bounding = [], effective = [], permitted = [], ambient = [] } = base;
  return {
    ...base,
    bounding: [...bounding, ...names],
    effective: [...effective, ...names],
    permitted: [...permitted, ...names],
    ...(base.inheritable && { ambient: [...ambient, ...names] }),
  };
}

function refuse(faults: readonly Fault[]): void {
  const [first] = faults;
  if (!first) return;
  const text = faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  throw new ContainerError('invalid-argument', text, { pointer: first.pointer });
}
