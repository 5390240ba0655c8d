import type { Engine } from '../../engine/engine.ts';
import type { Capabilities, Config, Process, Rlimit } from '../../spec/config.ts';
import type { Batch, Result } from '../../syscalls/batch.ts';
import { ambientCommands, bitsOf, capabilityVersion, rlimits } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { STUB_NAME } from '../../syscalls/stub/image.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import { keepsGroups } from '../annotations.ts';
import { capabilityBits, capabilityNumber, capsetFields } from '../capabilities.ts';
import type { Cgroup } from '../cgroups/manager.ts';
import { namespaceOf, type StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { startContainerSteps } from '../hooks/start.ts';
import type { Log } from '../host.ts';
import { executableOf, processFacts } from '../process.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import { whyDenied, whySilent } from '../seccomp/explain.ts';
import type { SeccompFilter } from '../seccomp/filter.ts';
import { loadFilter } from '../seccomp/steps.ts';
import { sleep } from '../signal.ts';
import type { Confined, SavedState } from '../store.ts';
import { whyNotExecuted } from './exec-failure.ts';
import { findExecutable } from './executable.ts';
import { homeOf } from './home.ts';

/** What the steps of a start work on. */
export class Starting implements RecipeContext {
  /** What execve is given. */
  path = '';
  env: readonly string[] = [];

  /** HOME in it. */
  get home(): string {
    return this.env.find((entry) => entry.startsWith('HOME='))?.slice('HOME='.length) ?? '/';
  }

  constructor(
    readonly facts: StartFacts,
    readonly init: StubProcess,
    readonly cgroup: Pick<Cgroup, 'oomKills'>,
  ) {}

  /** The same for another process that is to be confined as init is. */
  of(process: StubProcess): Starting {
    return new Starting(this.facts, process, this.cgroup);
  }

  get log(): Log {
    return this.facts.log;
  }

  get remote(): RemoteKernel {
    return this.init.kernel;
  }

  obituary(): string | undefined {
    return this.cgroup.oomKills() > 0 ? 'container init was OOM-killed (memory limit too low?)' : undefined;
  }
}

export interface StartFacts {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
  readonly log: Log;
  readonly saved: SavedState;
  readonly config: Config;
  readonly process: Process;
  readonly filter: SeccompFilter | undefined;
}

type StartStep = Step<Starting>;

/** From a parked stub to the container's program. What it gives up comes last, and in the order that the kernel forces. */
export function startRecipe({ process, config, filter, saved }: StartFacts): StartStep[] {
  const { confined } = saved.tsrunc;
  const { startContainer = [] } = config.hooks ?? {};
  const setLimits = limits(process.rlimits ?? []);
  // Whoever comes from a confined init is confined.
  if (confined) return [recallProgram(confined), setLimits, ...startContainerSteps(startContainer), execute];
  return [
    prepareProgram,
    setLimits,
    ...startContainerSteps(startContainer, confine, filter),
    ...confinement,
    closeDescriptors,
    ...(filter ? [loadFilter(filter)] : []),
    execute,
  ];
}

/**
 * What create does of it for a filter whose listener has to reach its agent before start (config-linux.md,
 * "Seccomp"): all but execve, which is all that init must be able to do under the filter.
 */
export function confineRecipe(filter: SeccompFilter): StartStep[] {
  const mayUntie = filter.allows('prctl');
  return [
    prepareProgram,
    ...confinement,
    closeDescriptors,
    ...(mayUntie ? [tieToRuntime] : []),
    loadFilter(filter),
    ...(mayUntie ? [untieFromRuntime] : []),
    ...(filter.allows('capset') ? [lowerCapabilities] : []),
  ];
}

/** To a hook's process what is done to init. */
function confine(starting: Starting, stub: StubProcess): void {
  for (const step of confinement) step.do(starting.of(stub));
}

const prepareProgram: StartStep = {
  name: 'find the executable',
  pointer: '/process/args/0',
  do(starting) {
    const { facts, init } = starting;
    const { process } = facts;
    starting.path = findExecutable(init.kernel, process);
    starting.env = environmentOf(process, () => homeOf(facts.engine, init.kernel, process.user?.uid ?? 0));
  },
};

/** What {@link prepareProgram} found when the container was created. */
function recallProgram({ path, home }: Confined): StartStep {
  return {
    name: 'find the executable',
    pointer: '/process/args/0',
    do(starting) {
      starting.path = path;
      starting.env = environmentOf(starting.facts.process, () => home);
    },
  };
}

/** Of two entries with one name the last counts; HOME is the user's, if nobody says otherwise. */
function environmentOf({ env = [] }: Process, home: () => string): string[] {
  const entries = new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
  if (!entries.has('HOME')) entries.set('HOME', `HOME=${home()}`);
  return [...entries.values()];
}

/** From outside, where the privilege to raise them is; now, since a parked init must still be able to accept. */
function limits(asked: readonly Rlimit[]): StartStep {
  return {
    name: 'set resource limits',
    pointer: '/process/rlimits',
    do({ facts, init }) {
      const { kernel, saved } = facts;
      for (const { type, soft, hard } of asked) {
        if (!isRlimit(type)) throw new ContainerError('invalid-config', `unknown rlimit ${JSON.stringify(type)}`);
        kernel.calls.prlimit64(init.pid, type, { rlim_cur: soft, rlim_max: hard }, 0);
      }
      const caller = saved.tsrunc.callerNofile;
      if (caller !== undefined && !asked.some(({ type }) => type === 'RLIMIT_NOFILE'))
        restoreNofile(kernel, init.pid, caller);
    },
    hint: (error) => (error.code === 'EPERM' ? 'a hard limit can only be raised with CAP_SYS_RESOURCE' : undefined),
  };
}

/** The engine raised the soft limit to the hard one at its start; the container gets what our caller had. */
function restoreNofile(kernel: LocalKernel, pid: number, soft: number): void {
  const current = kernel.batch((batch, calls) => {
    const memory = batch.output(16);
    batch.add({ name: 'prlimit64', words: () => [] }, [pid, bitsOf(rlimits, ['RLIMIT_NOFILE']), 0, memory]);
    void calls;
    return memory;
  });
  const hard = new DataView(current.bytes.buffer, current.bytes.byteOffset).getBigUint64(8, true);
  kernel.calls.prlimit64(pid, 'RLIMIT_NOFILE', { rlim_cur: BigInt(soft) < hard ? soft : hard, rlim_max: hard }, 0);
}

function isRlimit(type: string): type is keyof typeof rlimits {
  return Object.hasOwn(rlimits, type);
}

/** As root of the container first: a working directory that its user may not enter is still one. */
const workingDirectory: StartStep = {
  name: 'enter the working directory',
  pointer: '/process/cwd',
  do({ init, facts }) {
    init.kernel.may('EACCES', 'EPERM').chdir(facts.process.cwd);
  },
};

const credentials: StartStep = {
  name: 'become the container user',
  pointer: '/process/user',
  do({ init, facts }) {
    const { kernel } = init;
    const { capabilities = {}, noNewPrivileges = false, user = {} } = facts.process;
    const { uid = 0, gid = 0, additionalGids = [], umask = 0o022 } = user;
    kernel.calls.umask(umask);
    dropBounding(kernel, facts.engine, capabilityBits(capabilities.bounding));
    kernel.calls.prctl('PR_SET_KEEPCAPS', 1, 0, 0, 0);
    setGroups(kernel, facts, additionalGids);
    kernel.calls.setresgid(gid, gid, gid);
    kernel.calls.setresuid(uid, uid, uid);
    kernel.calls.prctl('PR_SET_KEEPCAPS', 0, 0, 0, 0);
    kernel.may('EACCES', 'EPERM').chdir(facts.process.cwd);
    kernel.calls.capset(
      { version: bitsOf(capabilityVersion, ['_LINUX_CAPABILITY_VERSION_3']) },
      // Without no_new_privs it takes CAP_SYS_ADMIN to load a filter. What execve leaves depends on the other sets only.
      capsetFields(facts.filter && !noNewPrivileges ? withSysAdmin(capabilities) : capabilities),
    );
    raiseAmbient(kernel, capabilities.ambient ?? []);
    if (noNewPrivileges) kernel.calls.prctl('PR_SET_NO_NEW_PRIVS', 1, 0, 0, 0);
  },
  hint: (error) =>
    error.code === 'EINVAL' && error.syscall.startsWith('setres')
      ? 'is the ID mapped in the user namespace?'
      : undefined,
};

/** An empty list too: the host's groups must go. In a user namespace whose setgroups is denied there is nothing to drop. */
function setGroups(kernel: RemoteKernel, { config, saved }: StartFacts, gids: readonly number[]): void {
  if (keepsGroups(config)) return;
  const denied = (saved.rootless || namespaceOf(config, 'user') !== 'host') && gids.length === 0;
  (denied ? kernel.may('EPERM') : kernel.calls).setgroups(gids);
}

function dropBounding(kernel: RemoteKernel, engine: Engine, keep: bigint): void {
  const last = Number(engine.decode(engine.files.read('/proc/sys/kernel/cap_last_cap')));
  for (let capability = 0; capability <= last; capability++) {
    if (!(keep & (1n << BigInt(capability)))) kernel.calls.prctl('PR_CAPBSET_DROP', capability, 0, 0, 0);
  }
}

/** One that is not both permitted and inheritable cannot be raised: a warning in the specification's eyes, no failure. */
function raiseAmbient(kernel: RemoteKernel, names: readonly string[]): void {
  kernel.calls.prctl('PR_CAP_AMBIENT', ambientCommands.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number !== undefined)
      kernel.may('*').prctl('PR_CAP_AMBIENT', ambientCommands.PR_CAP_AMBIENT_RAISE, number, 0, 0);
  }
}

/** A working directory outside the root, reached through a leaked descriptor, is the breakout of CVE-2024-21626. */
const verifyDirectory: StartStep = {
  name: 'verify the working directory',
  pointer: '/process/cwd',
  do({ init, facts }) {
    const { kernel } = init;
    const first = lastChdirs(kernel.pending);
    const name = kernel.output(4096);
    const length = kernel.may('ENOENT').getcwd(name);
    kernel.flush();
    if (first.every((result) => result.failed)) {
      throw new ContainerError(
        'invalid-config',
        `chdir to cwd (${JSON.stringify(facts.process.cwd)}) set in config.json failed: permission denied`,
      );
    }
    if (length.failed || name.bytes[0] !== SLASH) {
      throw new ContainerError(
        'invalid-config',
        'current working directory is outside of container mount namespace root -- possible container breakout detected',
      );
    }
  },
};

function lastChdirs(batch: Batch): Result[] {
  return batch.entries.filter(({ call }) => call.name === 'chdir').map(({ result }) => result);
}

const confinement: readonly StartStep[] = [workingDirectory, credentials, verifyDirectory];

/** Everything above the descriptors that the caller preserves closes with execve, the control socket too: its end is our news. */
const closeDescriptors: StartStep = {
  name: 'close other descriptors',
  do({ init, facts }) {
    init.kernel.calls.close_range(3 + facts.saved.tsrunc.preserveFds, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
  },
};

/** A call that the filter holds would keep init from seeing the end of its socket. New credentials had disarmed it. */
const tieToRuntime: StartStep = {
  name: 'tie init to the runtime',
  do: ({ init }) => void init.kernel.calls.prctl('PR_SET_PDEATHSIG', SIGKILL, 0, 0, 0),
};

const untieFromRuntime: StartStep = {
  name: 'untie init from the runtime',
  do: ({ init }) => void init.kernel.calls.prctl('PR_SET_PDEATHSIG', 0, 0, 0, 0),
};

/** A stub that waits for start has no use for what loading the filter took. */
const lowerCapabilities: StartStep = {
  name: 'lower the capabilities',
  pointer: '/process/capabilities',
  do({ init, facts }) {
    const version = bitsOf(capabilityVersion, ['_LINUX_CAPABILITY_VERSION_3']);
    init.kernel.calls.capset({ version }, capsetFields(facts.process.capabilities ?? {}));
  },
};

/** Under the filter, if there is one: a profile need not allow anything that would be added here. */
const execute: StartStep = {
  name: 'execute the program',
  pointer: '/process/args',
  do(starting) {
    const { init, facts, path } = starting;
    const { kernel } = init;
    kernel.calls.execve(path, facts.process.args ?? [], starting.env);
    try {
      kernel.flush();
    } catch (error) {
      if (!(error instanceof StubGone)) throw error;
      confirmExecution(starting);
    }
  },
  hint(error, { facts, init, path }) {
    if (!(error instanceof CallFailed) || error.syscall !== 'execve') return undefined;
    return whyDenied(facts.filter, error) ?? whyNotExecuted(facts.engine, facts.kernel, init.pid, path, error);
  },
};

/**
 * The socket closed: execve is past the point of no return, and can still die (RLIMIT_AS, the memory limit)
 * before the program's first instruction. It has succeeded when the kernel has set up the program's code.
 */
function confirmExecution(starting: Starting): void {
  const { engine, kernel, saved } = starting.facts;
  const { pid } = starting.init;
  for (let wait = 0; wait < 2000; wait++) {
    const facts = processFacts(engine, pid);
    // Gone already: its parent has reaped it, and will have read how it ended.
    if (!facts || facts.startTime !== saved.init_process_start) return died(starting, undefined, false);
    if (facts.state === 'Z' || facts.state === 'X') return died(starting, facts.exitCode, facts.comm === STUB_NAME);
    const executable = executableOf(engine.files, pid);
    const isStub = executable?.ino === saved.tsrunc.stub.ino && executable.dev === saved.tsrunc.stub.dev;
    if (!isStub && facts.startCode !== 0) return;
    sleep(kernel, 1);
  }
  throw new ContainerError('timeout', 'the program did not begin within 2 s');
}

/**
 * A program that ended by itself has run. One that died of SIGSEGV before anyone saw it run was most likely
 * ended by execve itself, which has no other way to fail once the old program is gone.
 */
function died(starting: Starting, status: number | undefined, beforeExec: boolean): void {
  const oom = starting.obituary();
  const signal = status === undefined ? 0 : status & 0x7f;
  if (oom && (status === undefined || signal === SIGKILL)) throw new ContainerError('init-died', oom);
  // A filter that forbids execve leaves no doubt, even if the process was reaped before anyone could look at it.
  if (beforeExec || starting.facts.filter?.mayPass('execve') === false) {
    const hint = whySilent(starting.facts.filter);
    throw new ContainerError('init-died', `container init died${signal ? ` of signal ${signal}` : ''}`, { hint });
  }
  if (signal === SIGSEGV) {
    throw new ContainerError(
      'exec',
      `exec ${starting.path}: the kernel ended it with signal ${signal} while it was loaded`,
      {
        hint: 'is a limit (RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK) too low for the program?',
      },
    );
  }
}

function withSysAdmin({ effective = [], permitted = [], ...sets }: Capabilities): Capabilities {
  return { ...sets, effective: [...effective, 'CAP_SYS_ADMIN'], permitted: [...permitted, 'CAP_SYS_ADMIN'] };
}

const SLASH = 0x2f;
const SIGKILL = 9;
const SIGSEGV = 11;
const MAX_FD = 0xffffffff;
