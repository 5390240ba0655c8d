import type { Config, Process } from '../spec/config.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { loadBundle } from './bundle.ts';
import { callerNofile, callerOf } from './caller.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { streamNames } from './checkpoint/descriptors.ts';
import { newCgroup } from './container-cgroup.ts';
import { Creation, type CreationStep, namespaceOf, type StubProcess } from './creation.ts';
import { createHookSteps, poststopAfterFailure } from './hooks/create.ts';
import type { Host } from './host.ts';
import { attributeSteps, resetAffinity } from './init/attributes.ts';
import { spawnBuilder } from './init/builder.ts';
import { cloneInit, timeSteps } from './init/clone.ts';
import { checkTerminal, consoleSteps, pidfdSteps } from './init/console.ts';
import { executableSteps } from './init/executable.ts';
import { identitySteps } from './init/identity.ts';
import { joinSteps } from './init/join.ts';
import { labelChecks, labelSteps } from './init/labels.ts';
import { loopbackUp } from './init/network.ts';
import { park } from './init/park.ts';
import type { Looked } from './init/program.ts';
import { confineRecipe } from './init/start.ts';
import { startingInit } from './init/starting.ts';
import { ownStreams, reopenNull } from './init/streams.ts';
import { sysctlSteps } from './init/sysctl.ts';
import { cwdStep, hostnameSteps } from './init/system.ts';
import { intelRdtSteps } from './intel-rdt/steps.ts';
import { kernelOf } from './kernel.ts';
import { listening } from './listen-fds.ts';
import { type NamespaceType, namespaces } from './namespaces.ts';
import { netDeviceSteps } from './net-devices/steps.ts';
import { isNotified, notifying } from './notify-socket.ts';
import type { CreateOptions } from './options.ts';
import { processFacts } from './process.ts';
import { perform } from './recipe.ts';
import { deviceSteps } from './rootfs/devices.ts';
import { proveMounts } from './rootfs/inside-proc.ts';
import { closeKeptMounts } from './rootfs/kept-mounts.ts';
import { maskProofs, maskSteps } from './rootfs/masks.ts';
import { mountSteps, readonlyTmpfsSteps, triedMountSteps } from './rootfs/mounts.ts';
import { enterRoot, lastOfRoot, rootMounts, rootReadonly } from './rootfs/rootfs.ts';
import { surveyStep } from './rootfs/survey.ts';
import { loadsAtCreate } from './seccomp/filter.ts';
import { filterOf, prepareFilter } from './seccomp/steps.ts';
import { checkId, replaceFile, type SavedState, StateDirectory } from './store.ts';
import { withUserNamespace } from './user-namespace.ts';

/** A container that this process has made. */
export interface Container {
  readonly kernel: LocalKernel;
  readonly state: StateDirectory;
  readonly saved: SavedState;
  readonly config: Config;
  readonly cgroup: Cgroup;
}

/** One whose init waits for this process: nobody else can start it, nor do anything else that takes the lock. */
export interface Unparked extends Container {
  readonly init: StubProcess;
  readonly looked: Looked | undefined;
  unlock(): void;
}

/**
 * Makes a container whose init is parked before its program (runtime.md, "Lifecycle", steps 1-5). On success
 * init runs as a child of this process; on failure nothing of it is left.
 */
export function create(host: Host, id: string, options: CreateOptions): Container {
  const container = make(host, id, options, true);
  container.unlock();
  return container;
}

/** As {@link create} for who starts it at once: that takes neither the way over the socket nor a look at what is known. */
export function createUnparked(host: Host, id: string, options: CreateOptions): Unparked {
  return make(host, id, options, false);
}

function make(host: Host, id: string, options: CreateOptions, parks: boolean): Unparked {
  checkId(id);
  const { engine, log } = host;
  const bundle = loadBundle(engine, log, options.bundle);
  const caller = callerOf(engine);
  const config = withUserNamespace(host, caller, notifying(engine, bundle.config, `${host.root}/${id}`));
  checkTerminal(config.process?.terminal === true, options);
  const kernel = kernelOf(engine);
  const cgroup = newCgroup(host, kernel, id, config, caller);
  const steps = recipe(config, options, parks);
  const facts = {
    ...{ engine, log, kernel, id, options, config, caller, parks },
    rootfs: bundle.rootfs,
    created: rfc3339(engine.now()),
    creator: { pid: engine.pid, startTime: processFacts(engine, engine.pid)?.startTime ?? 0 },
    listening: listening(engine),
    callerNofile: callerNofile(engine),
  };
  const state = StateDirectory.reserve(engine, host.root, id);
  let unlock = (): void => undefined;
  try {
    unlock = state.lock(kernel);
    const creation = new Creation(facts, state, cgroup);
    perform(steps, creation);
    log.debug(`${creation.init.kernel.roundTrips} round trips to init`);
    return {
      kernel,
      state,
      config,
      cgroup,
      unlock,
      saved: creation.saved,
      init: creation.init,
      looked: creation.looked,
    };
  } catch (error) {
    unlock();
    state.giveBack();
    throw error;
  }
}

/** A container, from top to bottom. */
function recipe(config: Config, options: CreateOptions, parks: boolean): CreationStep[] {
  const { mounts = [], linux = {}, process } = config;
  const netDevices = netDeviceSteps(config);
  const intelRdt = intelRdtSteps(config);
  const executable = process && executableSteps(process);
  const noPivot = options.noPivot === true;
  const lastSteps = lastOfRoot(config, noPivot);
  // A filter that is loaded at create would have the agent asked about them.
  const notifies = linux.seccomp?.listenerPath !== undefined;
  return [
    ...labelChecks(process),
    ...poststopAfterFailure(config.hooks),
    ...intelRdt.find,
    announce,
    ...(linux.seccomp ? [prepareFilter(linux.seccomp)] : []),
    spawnBuilder,
    makeCgroup,
    ...intelRdt.make,
    ...joinSteps(config),
    ...timeSteps(config),
    cloneInit,
    resetAffinity,
    ...intelRdt.join,
    ...identitySteps(config),
    ...(namespaceOf(config, 'network') === 'new' ? [loopbackUp] : []),
    ...netDevices.move,
    ...sysctlSteps(linux.sysctl ?? {}),
    ...rootMounts(config),
    surveyStep(config),
    ...mountSteps(mounts),
    ...deviceSteps(config),
    ...triedMountSteps(mounts),
    proveMounts,
    ...createHookSteps(config.hooks),
    reopenNull,
    ...ownStreams(process),
    ...consoleSteps(process),
    ...pidfdSteps(options),
    ...(process ? [cwdStep(process.cwd)] : []),
    ...enterRoot(config, noPivot),
    ...readonlyTmpfsSteps(mounts),
    ...(config.root?.readonly ? [rootReadonly] : []),
    ...hostnameSteps(config),
    ...(process ? labelSteps(process) : []),
    ...maskSteps(linux),
    ...attributeSteps(process, linux),
    ...(executable ? [executable.look] : []),
    ready,
    ...maskProofs(linux),
    ...(executable ? [executable.prove] : []),
    ...(notifies ? lastSteps : []),
    ...(process && linux.seccomp ? [confine(process)] : []),
    ...netDevices.done,
    publish,
    ...(notifies ? [] : lastSteps),
    ...(parks ? [parkInit] : []),
  ];
}

/** The state file comes before anything that would have to be cleaned up: whoever finds it knows what to look for. */
const announce: CreationStep = {
  name: 'write the state directory',
  do(creation) {
    if (isNotified(creation.engine, creation.config)) creation.state.makeNotifyDirectory();
    creation.state.saveConfig(creation.config);
    creation.state.save(savedState(creation, 'creating'));
  },
  undo: ({ state }) => state.remove(),
};

/** Before init is in it, so that its first page is already charged and limited. */
const makeCgroup: CreationStep = {
  name: 'make the cgroup',
  pointer: '/linux/resources',
  do({ cgroup, config, builderProcess }) {
    cgroup.create(config.linux, builderProcess.pid);
  },
  undo({ cgroup, builderInCgroup }) {
    // It would keep the cgroup busy.
    if (builderInCgroup) cgroup.kill();
    cgroup.undo();
  },
};

/** From here on init outlives us: nothing blocks any more, and the socket's end of file still ends it until it parks. */
const ready: CreationStep = {
  name: 'let init wait',
  do(creation) {
    const { config, init, parkingSocket, root, nullDevice, facts } = creation;
    const { calls } = init.kernel;
    // In a namespace that is joined it may yet be needed: lastOfRoot().
    if (namespaceOf(config, 'mount') !== 'joined') calls.close(root);
    if (nullDevice !== undefined) calls.close(nullDevice);
    closeKeptMounts(creation);
    if (facts.parks) calls.listen(parkingSocket, 1);
    calls.prctl('PR_SET_PDEATHSIG', 0, 0, 0, 0);
    // Of an unprivileged user's namespaces `exec` could open none. Nothing of the host is left in it by now.
    if (facts.caller.uid !== 0) calls.prctl('PR_SET_DUMPABLE', 1, 0, 0, 0);
    init.kernel.flush();
  },
};

/** Most filters are loaded at start. One that notifies is not, if init can wait under it. */
function confine(process: Process): CreationStep {
  return {
    name: 'confine init',
    pointer: '/linux/seccomp',
    do(creation) {
      const { facts, init, cgroup, engine, config, log } = creation;
      const filter = filterOf(engine, creation.state, config);
      if (!loadsAtCreate(filter)) return;
      const saved = savedState(creation, 'creating');
      const { kernel } = facts;
      const starting = startingInit({ engine, kernel, log, saved, process, config, filter }, cgroup, init);
      perform(confineRecipe(filter), starting);
      creation.confined = { path: starting.path, home: starting.home };
    },
  };
}

/** The PID file is last: who sees it may start the container. */
const publish: CreationStep = {
  name: 'publish the container',
  do(creation) {
    const { engine, facts, init } = creation;
    creation.saved = savedState(creation, 'created');
    creation.state.save(creation.saved);
    const { pidFile } = facts.options;
    if (pidFile) replaceFile(engine, pidFile, engine.encode(String(init.pid)), 0o666);
  },
};

const parkInit: CreationStep = {
  name: 'park init',
  do({ engine, init, parkingSocket }) {
    park(init, parkingSocket, engine.arch);
    init.port.close();
  },
};

function savedState(creation: Creation, phase: 'creating' | 'created'): SavedState {
  const { engine, facts, config, cgroup } = creation;
  const pid = creation.hasInit ? creation.init.pid : 0;
  const annotations = config.annotations ?? {};
  return {
    id: facts.id,
    init_process_pid: pid,
    init_process_start: pid ? (processFacts(engine, pid)?.startTime ?? 0) : 0,
    created: facts.created,
    rootless: facts.caller.uid !== 0,
    config: {
      rootfs: facts.rootfs,
      labels: [
        `bundle=${facts.options.bundle}`,
        ...Object.entries(annotations).map(([key, value]) => `${key}=${value}`),
      ],
    },
    cgroup_paths: cgroup.directory ? { '': cgroup.directory } : {},
    namespace_paths: pid ? namespacePaths(config, pid) : {},
    ...(pid && !config.process?.terminal && { external_descriptors: streamNames(engine) }),
    tsrunc: {
      ociVersion: config.ociVersion,
      bundle: facts.options.bundle,
      annotations,
      phase,
      creator: facts.creator,
      stub: creation.stubFile,
      parked: { control: creation.hasInit ? creation.init.port.control : -1, socket: creation.parkingSocket },
      preserveFds: creation.inherited,
      ...(facts.listening && { listening: facts.listening }),
      ...(cgroup.unit && { unit: cgroup.unit }),
      ...(creation.rdtGroups.length > 0 && { rdtGroups: creation.rdtGroups }),
      callerNofile: facts.callerNofile,
      ...(creation.confined && { confined: creation.confined }),
    },
  };
}

export function namespacePaths(config: Config, pid: number): Record<string, string> {
  const types = Object.keys(namespaces) as NamespaceType[];
  const own = types.filter((type) => namespaceOf(config, type) !== 'host');
  return Object.fromEntries(own.map((type) => [namespaces[type].key, `/proc/${pid}/ns/${namespaces[type].file}`]));
}

export function rfc3339(nanoseconds: bigint): string {
  const whole = new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
}
