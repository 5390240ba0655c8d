import type { Config, Process } from '../spec/config.ts';
import { socketPair } from '../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { callerNofile } from './caller.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import { finalAffinity, initialAffinity } from './exec/affinity.ts';
import { enterCgroup } from './exec/cgroup.ts';
import { Entering, type EnteringStep } from './exec/entering.ts';
import { joinNamespaces, openNamespaces, STOPPED } from './exec/join.ts';
import { processFor } from './exec/process.ts';
import { controlSteps, pidfdSteps, streamSteps } from './exec/terminal.ts';
import { SignalRelay } from './foreground.ts';
import { ForegroundTerminal } from './foreground-terminal.ts';
import type { Host } from './host.ts';
import { attributeSteps } from './init/attributes.ts';
import { processLimitHint, spawnFirst } from './init/builder.ts';
import { confinement } from './init/confinement.ts';
import { checkTerminal, type Receiver } from './init/console.ts';
import { closeDescriptors, execute } from './init/execute.ts';
import { joinKeyring, oomScore } from './init/identity.ts';
import { labelChecks, labelSteps } from './init/labels.ts';
import { limits } from './init/limits.ts';
import { prepareProgram } from './init/program.ts';
import { endStub } from './init/stub-process.ts';
import { kernelOf } from './kernel.ts';
import type { ExecOptions } from './options.ts';
import { perform } from './recipe.ts';
import { filterOf, loadFilter } from './seccomp/steps.ts';
import { type Status, statusOf } from './status.ts';
import { replaceFile, type SavedState, StateDirectory } from './store.ts';

/**
 * Runs another process in a container. Unless detached, waits, forwards signals and returns its exit status; detached,
 * returns when the program runs. If execve fails, throws why, as start does.
 */
export function exec(host: Host, id: string, options: ExecOptions): number {
  const { engine } = host;
  const kernel = kernelOf(engine);
  const state = StateDirectory.open(engine, host.root, id);
  const saved = state.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernel, saved);
  refuse(statusOf(engine, state, saved, cgroup), options);
  const config = state.loadConfig();
  const process = processFor(host, config, options.process);
  const entering = enteringOf(host, kernel, { state, saved, config, process, cgroup }, options);
  if (!options.detach) return inForeground(host, entering, state, options);
  checkTerminal(process.terminal === true, options);
  perform(recipe(entering, state, options), entering);
  return 0;
}

function inForeground(host: Host, entering: Entering, state: StateDirectory, options: ExecOptions): number {
  const { kernel, process } = entering.facts;
  // Before there is anybody to receive them: a signal that comes early is kept.
  const signals = new SignalRelay(host.engine, kernel);
  const terminal = new ForegroundTerminal(host, kernel, signals);
  const attached = { ...options, foreground: terminal };
  checkTerminal(process.terminal === true, attached);
  try {
    perform(recipe(entering, state, attached), entering);
    return signals.untilExit(entering.init.pid, terminal);
  } finally {
    terminal.end();
  }
}

/** A process from top to bottom: the first stub is outside, the second in the cgroup, the third in the PID namespace. */
function recipe(entering: Entering, state: StateDirectory, options: ExecOptions & Receiver): EnteringStep[] {
  const { process, filter, config } = entering.facts;
  const { oomScoreAdj, execCPUAffinity } = process;
  return [
    ...labelChecks(process),
    spawn(state),
    ...(oomScoreAdj === undefined ? [] : [oomScore(oomScoreAdj)]),
    ...initialAffinity(execCPUAffinity),
    ...labelSteps(process),
    hide,
    enterCgroup(options.subCgroup),
    ...finalAffinity(execCPUAffinity),
    openNamespaces,
    joinNamespaces,
    joinSessionKeyring,
    ...streamSteps(process, options),
    prepareProgram,
    limits(process.rlimits ?? []),
    ...confinement,
    enterPidNamespace,
    ...controlSteps(process),
    ...pidfdSteps(options.pidfdSocket),
    ...attributeSteps(process, config.linux),
    closeDescriptors,
    ...(filter ? [loadFilter(filter)] : []),
    execute,
    publish(options.pidFile),
  ];
}

function spawn(state: StateDirectory): EnteringStep {
  return {
    name: 'start the first stub',
    do(entering) {
      const { kernel, preserveFds } = entering.facts;
      // One for the copy in the cgroup, one for the copy in the PID namespace.
      const pairs = [socketPair(kernel), socketPair(kernel)].map(([ours, theirs]) => ({ ours, theirs }));
      const passed = pairs.map(({ theirs }) => theirs);
      const { stub, file } = spawnFirst(entering.facts, state.path, { preserved: preserveFds }, passed);
      entering.sockets.push(...pairs);
      entering.init = stub;
      entering.origin = { startTime: 0, stub: file };
    },
    undo({ facts, init }) {
      endStub(facts.kernel, init);
    },
    hint: processLimitHint,
  };
}

/**
 * Before it is anywhere near the container: its memory and its descriptors are nobody's there, and that stays so for
 * its copies until execve (CVE-2016-9962). Not earlier: oom_score_adj of such a process belongs to root.
 */
const hide: EnteringStep = {
  name: 'hide the stub',
  do: ({ init }) => void init.kernel.calls.prctl('PR_SET_DUMPABLE', 0, 0, 0, 0),
};

const joinSessionKeyring: EnteringStep = {
  name: 'join the session keyring',
  do: ({ init, facts }) => joinKeyring(init.kernel, facts.saved.id),
};

/**
 * Last of all, so that what the container sees has no more rights than the program will have, whoever gets hold of it.
 * A session of its own, so that the caller's terminal signals and keys are not the container's.
 */
const enterPidNamespace: EnteringStep = {
  name: 'enter the PID namespace',
  pointer: '/linux/namespaces',
  do(entering) {
    entering.continueIn('process');
    entering.init.kernel.calls.setsid();
  },
  hint: (error) => (error.code === 'ENOMEM' ? 'has the container just stopped?' : processLimitHint(error)),
};

/** Last: who sees the file may take the process for running. */
function publish(pidFile: string | undefined): EnteringStep {
  return {
    name: 'write the PID file',
    do({ facts: { engine }, init, log, roundTrips }) {
      log.debug(`${roundTrips} round trips to the stubs`);
      if (pidFile) replaceFile(engine, pidFile, engine.encode(String(init.pid)), 0o666);
    },
  };
}

function enteringOf(
  { engine, log }: Host,
  kernel: LocalKernel,
  container: { state: StateDirectory; saved: SavedState; config: Config; process: Process; cgroup: Cgroup },
  { preserveFds = 0 }: ExecOptions,
): Entering {
  const { state, saved, config, process, cgroup } = container;
  const filter = filterOf(engine, state, config);
  const caller = { preserveFds, callerNofile: callerNofile(engine) };
  return new Entering(
    { engine, kernel, log, saved, config, process, filter, ...caller, subject: 'the process' },
    cgroup,
  );
}

function refuse(status: Status, { ignorePaused = false }: ExecOptions): void {
  const reasons: Readonly<Partial<Record<Status, string>>> = {
    creating: 'cannot exec in a container that is still being created',
    stopped: STOPPED,
    ...(!ignorePaused && { paused: 'cannot exec in a paused container (use --ignore-paused to override)' }),
  };
  const reason = reasons[status];
  if (reason) throw new ContainerError('wrong-status', reason);
}
