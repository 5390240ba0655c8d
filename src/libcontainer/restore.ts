import type { Config, Seccomp } from '../spec/config.ts';
import { SIGKILL } from '../syscalls/constants.ts';
import { loadBundle } from './bundle.ts';
import { callerNofile, callerOf } from './caller.ts';
import { oomObituary } from './cgroups/obituary.ts';
import { bringBack } from './checkpoint/bring-back.ts';
import { joinedNamespaces } from './checkpoint/external.ts';
import type { RestoreOptions } from './checkpoint/options.ts';
import { CriuProcess } from './checkpoint/process.ts';
import { criuProgram } from './checkpoint/program.ts';
import { Restoration, type RestorationStep } from './checkpoint/restoration.ts';
import { mountRoot } from './checkpoint/root.ts';
import { savedState } from './checkpoint/saved.ts';
import { cgroupOf, newCgroup } from './container-cgroup.ts';
import { rfc3339 } from './create.ts';
import { namespaceOf } from './creation.ts';
import { remove } from './delete.ts';
import { SignalRelay } from './foreground.ts';
import { ForegroundTerminal } from './foreground-terminal.ts';
import type { Host } from './host.ts';
import { checkTerminal } from './init/console.ts';
import { kernelOf } from './kernel.ts';
import { isNotified, notifying } from './notify-socket.ts';
import { perform } from './recipe.ts';
import type { Ended } from './run.ts';
import { keepFilter } from './seccomp/steps.ts';
import { checkId, replaceFile, StateDirectory } from './store.ts';
import { withUserNamespace } from './user-namespace.ts';

/**
 * Has criu bring back a container that `checkpoint` has saved, under an ID that is free. In the foreground waits for its
 * end, as `run` does, and deletes it then.
 */
export function restore(host: Host, id: string, options: RestoreOptions): Ended {
  if (options.detach) {
    make(host, id, options);
    return { status: 0 };
  }
  const kernel = kernelOf(host.engine);
  if (!options.noSubreaper) kernel.calls.prctl('PR_SET_CHILD_SUBREAPER', 1, 0, 0, 0);
  const signals = new SignalRelay(host.engine, kernel);
  const terminal = new ForegroundTerminal(host, kernel, signals);
  let ended: Ended;
  try {
    make(host, id, { ...options, foreground: terminal });
    const saved = StateDirectory.open(host.engine, host.root, id).load();
    const status = signals.untilExit(saved?.init_process_pid ?? 0, terminal);
    const killed = status === 128 + SIGKILL && saved !== undefined;
    ended = { status, obituary: killed ? oomObituary(cgroupOf(host, kernel, saved)) : undefined };
  } finally {
    terminal.end();
  }
  remove(host, id, { force: true });
  return ended;
}

function make(host: Host, id: string, options: RestoreOptions): void {
  checkId(id);
  const { engine, log } = host;
  const bundle = loadBundle(engine, log, options.bundle);
  const caller = callerOf(engine);
  const config = withUserNamespace(host, caller, notifying(engine, bundle.config, `${host.root}/${id}`));
  checkTerminal(config.process?.terminal === true, options);
  const kernel = kernelOf(engine);
  const program = criuProgram(engine);
  const cgroup = newCgroup(host, kernel, id, config, caller);
  const steps = recipe(config, options);
  const state = StateDirectory.reserve(engine, host.root, id);
  const facts = {
    ...{ engine, log, kernel, id, options, config, caller, program },
    rootfs: bundle.rootfs,
    created: rfc3339(engine.now()),
    callerNofile: callerNofile(engine),
  };
  state.locked(kernel, () => perform(steps, new Restoration(facts, state, cgroup)));
}

/** A restored container, from top to bottom. */
function recipe(config: Config, options: RestoreOptions): RestorationStep[] {
  const seccomp = config.linux?.seccomp;
  return [
    announce,
    ...(seccomp ? [keepFilterForExec(seccomp)] : []),
    spawn(config),
    makeCgroup,
    ...(options.cgroupMode === 'ignore' && namespaceOf(config, 'cgroup') === 'new' ? [enterCgroupNamespace] : []),
    mountRoot,
    execute,
    bringBack,
    ...(options.pidFile === undefined ? [] : [writePidFile(options.pidFile)]),
  ];
}

const announce: RestorationStep = {
  name: 'write the state directory',
  do(restoration) {
    const { facts, state } = restoration;
    if (isNotified(facts.engine, facts.config)) state.makeNotifyDirectory();
    state.saveConfig(facts.config);
    state.save(savedState(restoration, facts.config));
  },
  undo: ({ state }) => state.remove(),
};

/** criu brings back the filters of processes; those of a later exec get theirs from the state directory. */
function keepFilterForExec(profile: Seccomp): RestorationStep {
  return {
    name: 'prepare the seccomp filter',
    pointer: '/linux/seccomp',
    do: ({ facts, state }) => keepFilter(facts, state, profile),
  };
}

function spawn(config: Config): RestorationStep {
  const { byDescriptor } = joinedNamespaces(config);
  return {
    name: 'start the stub that becomes criu',
    pointer: byDescriptor.length > 0 ? '/linux/namespaces' : undefined,
    do(restoration) {
      const { facts, state, namespaces } = restoration;
      const { files } = facts.engine;
      try {
        for (const { name, path } of byDescriptor) namespaces.set(name, files.open(path, ['O_RDONLY']));
        restoration.criu = CriuProcess.spawn(facts, state.path, [...namespaces.values()]);
      } finally {
        // They are criu's now, under the same numbers.
        for (const fd of namespaces.values()) files.close(fd);
      }
    },
    undo: (restoration) => restoration.endCriu(),
  };
}

/** criu is in it before it restores anything, so that all of the container is born there, under its limits. */
const makeCgroup: RestorationStep = {
  name: 'make the cgroup',
  pointer: '/linux/resources',
  do({ cgroup, criu, facts }) {
    cgroup.create(facts.config.linux, criu.stub.pid);
    if (cgroup.directory !== undefined) cgroup.add(criu.stub.pid);
  },
  undo(restoration) {
    restoration.cgroup.kill();
    restoration.endCriu();
    restoration.cgroup.undo();
  },
};

/** Where criu leaves cgroups alone it makes no cgroup namespace either: the container gets the one that criu is in. */
const enterCgroupNamespace: RestorationStep = {
  name: 'enter a cgroup namespace',
  pointer: '/linux/namespaces',
  do: ({ criu }) => void criu.stub.kernel.calls.unshare(['CLONE_NEWCGROUP']),
};

const execute: RestorationStep = { name: 'start criu', do: (restoration) => restoration.execute() };

function writePidFile(path: string): RestorationStep {
  return {
    name: 'write the PID file',
    do: ({ facts: { engine }, pid }) => replaceFile(engine, path, engine.encode(String(pid)), 0o666),
  };
}
