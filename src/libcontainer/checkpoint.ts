import type { Config } from '../spec/config.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { Criu, type Notice } from './checkpoint/criu.ts';
import { dumpedNames, externalFiles, saveStreamNames } from './checkpoint/descriptors.ts';
import { externalMounts, externalNamespaces } from './checkpoint/external.ts';
import type { CheckpointOptions } from './checkpoint/options.ts';
import { CriuProcess } from './checkpoint/process.ts';
import { criuProgram } from './checkpoint/program.ts';
import { type CriuOptions, requestTypes } from './checkpoint/rpc.ts';
import { commonSettings, criuFailure } from './checkpoint/settings.ts';
import { cgroupOf } from './container-cgroup.ts';
import { remove } from './delete.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { statusOf } from './status.ts';
import { makeDirectories, type SavedState, StateDirectory } from './store.ts';

/**
 * Has criu save the processes of a running or paused container into a directory. They are ended by that, and the
 * container is deleted, unless it is to go on.
 */
export function checkpoint(host: Host, id: string, options: CheckpointOptions): void {
  const { engine } = host;
  const kernel = kernelOf(engine);
  const state = StateDirectory.open(engine, host.root, id);
  const saved = state.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernel, saved);
  const status = statusOf(engine, state, saved, cgroup);
  if (status !== 'running' && status !== 'paused') {
    throw new ContainerError('wrong-status', `Container cannot be checkpointed in ${status} state`);
  }
  checkStatusFd(host, options);
  prepareDirectories(host, options);
  const streams = dumpedNames(engine, saved.init_process_pid, saved.external_descriptors ?? []);
  dump(host, { saved, config: state.loadConfig(), cgroup, streams, scratch: state.path }, options);
  if (!options.leaveRunning && !options.preDump) remove(host, id, { force: true });
}

interface Running {
  readonly saved: SavedState;
  readonly config: Config;
  readonly cgroup: Cgroup;
  /** The names of init's streams. */
  readonly streams: readonly string[];
  readonly scratch: string;
}

function dump(host: Host, container: Running, options: CheckpointOptions): void {
  const { engine, log } = host;
  const ours = { engine, log, kernel: kernelOf(engine) };
  const program = criuProgram(engine);
  const { imagePath: images, workPath: work = images } = options;
  const process = CriuProcess.spawn(ours, container.scratch, []);
  try {
    const directories = process.execute(program, { images, work });
    const criu = new Criu(ours, process);
    criu.demandVersion();
    if (options.preDump) criu.demandFeature('mem_track');
    if (options.lazyPages) criu.demandFeature('lazy_pages');
    const opts = { ...dumpSettings(host, container, options), ...directories, log_file: LOG };
    const type = options.preDump ? requestTypes.PRE_DUMP : requestTypes.DUMP;
    const answer = criu.perform({ type, opts }, (notice) => notified(host, notice, options));
    if (!answer.success) throw criuFailure(engine, options.preDump ? 'pre-dump' : 'dump', answer, `${work}/${LOG}`);
    if (!options.preDump) saveStreamNames(engine, images, container.streams);
    // After a pre-dump it waits for the next one, and takes the end for a failure.
    process.leave();
  } finally {
    process.end();
  }
}

/** What criu is told. Of a pre-dump mounts and namespaces are not a part. */
function dumpSettings(
  { engine }: Host,
  { saved, config, cgroup, streams }: Running,
  options: CheckpointOptions,
): CriuOptions {
  const { init_process_pid: pid } = saved;
  const { parentPath, pageServer } = options;
  return {
    ...commonSettings(engine, config, options),
    pid,
    root: saved.config.rootfs,
    leave_running: options.leaveRunning === true,
    tcp_skip_in_flight: options.tcpSkipInFlight === true,
    link_remap: options.linkRemap === true,
    external: [...externalNamespaces(engine, config, pid), ...externalFiles(streams)],
    ...(cgroup.directory !== undefined && { freeze_cgroup: cgroup.directory }),
    ...(pageServer && { ps: pageServer }),
    ...(parentPath !== undefined && { parent_img: parentPath, track_mem: true }),
    ...(!options.preDump && { ext_mnt: externalMounts(engine, config, pid) }),
  };
}

/** Whoever waits for lazy pages hears of them by a byte. */
function notified({ engine: { files } }: Host, { script }: Notice, { statusFd, lazyPages }: CheckpointOptions): void {
  if (script !== 'status-ready' || statusFd === undefined || !lazyPages) return;
  files.write(statusFd, Uint8Array.of(0));
  files.close(statusFd);
}

function checkStatusFd({ engine }: Host, { statusFd, lazyPages }: CheckpointOptions): void {
  if (!lazyPages || statusFd === undefined || engine.isInherited(statusFd)) return;
  throw new ContainerError('invalid-argument', `invalid --status-fd argument ${statusFd}: bad file descriptor`);
}

/** As runc: a container can be saved any number of times, and a pre-dump begins a series of directories. */
function prepareDirectories({ engine }: Host, { imagePath, workPath, parentPath }: CheckpointOptions): void {
  for (const path of [imagePath, workPath]) if (path !== undefined) makeDirectories(engine, path);
  if (parentPath === undefined) return;
  if (parentPath.startsWith('/')) throw new ContainerError('invalid-argument', '--parent-path must be relative');
  const cause = notADirectory(engine.files, `${imagePath}/${parentPath}`);
  if (cause !== undefined) throw new ContainerError('invalid-argument', 'invalid --parent-path', { cause });
}

function notADirectory(files: Host['engine']['files'], path: string): unknown {
  try {
    files.readdir(path);
    return undefined;
  } catch (error) {
    return error;
  }
}

const LOG = 'dump.log';
