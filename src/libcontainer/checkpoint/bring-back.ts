import { namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { inRuntime } from '../hooks/places.ts';
import { runHooks } from '../hooks/run.ts';
import { hookState } from '../hooks/state.ts';
import { MULTIPLEXER } from '../init/console.ts';
import { sendDescriptor } from '../send-descriptor.ts';
import { killProcess, reap } from '../signal.ts';
import { Criu, type Notice } from './criu.ts';
import { inheritedStreams } from './descriptors.ts';
import { joinedNamespaces, mountSources } from './external.ts';
import { restoreLoopback } from './network.ts';
import type { Restoration, RestorationStep } from './restoration.ts';
import { type CriuOptions, requestTypes } from './rpc.ts';
import { publishState } from './saved.ts';
import { commonSettings, criuFailure } from './settings.ts';

/** The processes come back, as children of ours and their own: criu is gone afterwards. */
export const bringBack: RestorationStep = {
  name: 'restore the processes',
  do(restoration) {
    const { facts, criu: process, cgroup, directories } = restoration;
    const criu = new Criu(facts, process);
    criu.demandVersion();
    if (facts.options.lazyPages) criu.demandFeature('lazy_pages');
    const opts = { ...restoreSettings(restoration), ...directories, log_file: LOG };
    const answer = criu.perform({ type: requestTypes.RESTORE, opts }, (notice) => notified(restoration, notice));
    if (!answer.success) throw criuFailure(facts.engine, 'restore', answer, `${restoration.work}/${LOG}`);
    if (restoration.pid === 0) throw new ContainerError('checkpoint', 'criu has not said which process is init');
    process.leave();
    cgroup.builderLeft();
    restoration.state.removeCriuRoot();
  },
  undo(restoration) {
    restoration.cgroup.kill();
    restoration.endCriu();
    const { facts, pid } = restoration;
    if (pid === 0) return;
    killProcess(facts.kernel, pid);
    reap(facts.kernel, pid);
  },
};

function restoreSettings(restoration: Restoration): CriuOptions {
  const { facts, namespaces } = restoration;
  const { engine, config, options, rootfs } = facts;
  const inherited = [...namespaces].map(([key, fd]) => ({ key, fd }));
  return {
    ...commonSettings(engine, config, options),
    root: restoration.root,
    evasive_devices: true,
    // A child of ours, and not of criu's: we tell how it ended.
    rst_sibling: true,
    ext_mnt: mountSources(engine, config, { rootfs, bundle: options.bundle, cgroup: restoration.cgroup.directory }),
    inherit_fd: [...inherited, ...inheritedStreams(engine, options.imagePath)],
    join_ns: joinedNamespaces(config).byPath,
    cg_root: cgroupRoots(restoration),
    ...(options.tcpClose && { tcp_close: true }),
    ...(options.lsmProfile !== undefined && { lsm_profile: options.lsmProfile }),
    ...(options.lsmMountContext !== undefined && { lsm_mount_context: options.lsmMountContext }),
  };
}

/** Where the saved cgroups are to be: below that in which criu itself is. Left alone, all stay in that one. */
function cgroupRoots({ facts, criu }: Restoration): NonNullable<CriuOptions['cg_root']> {
  const { engine, options } = facts;
  if (options.cgroupMode === 'ignore') return [];
  const lines = engine.decode(engine.files.read(`/proc/${criu.stub.pid}/cgroup`)).split('\n');
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    return controllers.split(',').map((ctrl) => ({ ctrl, path }));
  });
}

function notified(restoration: Restoration, { script, pid = 0, descriptor }: Notice): void {
  if (descriptor !== undefined) return handOverTerminal(restoration, descriptor);
  if (script === 'setup-namespaces') {
    const { facts, state } = restoration;
    if (namespaceOf(facts.config, 'network') === 'new') restoreLoopback(facts, state.path, pid);
    runCreateHooks(restoration, pid);
  }
  if (script !== 'post-restore') return;
  restoration.pid = pid;
  publishState(restoration);
}

/** The terminal of the container has a new master, which is for whoever would have got that of a new container. */
function handOverTerminal({ facts }: Restoration, master: number): void {
  const { engine, kernel, options } = facts;
  if (options.foreground && facts.config.process?.terminal) return options.foreground.takeMaster(master);
  try {
    if (options.consoleSocket)
      sendDescriptor(engine, kernel, options.consoleSocket, master, engine.encode(MULTIPLEXER));
  } finally {
    engine.files.close(master);
  }
}

/** The namespaces are there and empty: who gave the container its network does so again. */
function runCreateHooks({ facts }: Restoration, pid: number): void {
  const { config, options, id } = facts;
  const { annotations, ociVersion, hooks = {} } = config;
  const state = hookState(
    { ociVersion, id, bundle: options.bundle, ...(annotations && { annotations }) },
    'creating',
    pid,
  );
  for (const kind of ['prestart', 'createRuntime'] as const) {
    const asked = hooks[kind] ?? [];
    if (asked.length > 0) inRuntime(facts, { bundle: options.bundle, state }, (place) => runHooks(kind, asked, place));
  }
}

const LOG = 'restore.log';
