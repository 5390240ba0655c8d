import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Config } from '../../spec/config.ts';
import { bitsOf, cloneFlags } from '../../syscalls/constants.ts';
import { ContainerError } from '../errors.ts';
import { lastErrors } from './log.ts';
import type { CriuOptionsGiven } from './options.ts';
import { type CriuOptions, cgroupModes, networkLocks, type Response } from './rpc.ts';

/** What checkpoint and restore say alike. */
export function commonSettings(engine: Engine, config: Config, options: CriuOptionsGiven): CriuOptions {
  const file = configFile(engine, config);
  return {
    log_level: LOG_LEVEL,
    notify_scripts: true,
    manage_cgroups_mode: cgroupModes[options.cgroupMode ?? 'soft'],
    shell_job: options.shellJob === true,
    tcp_established: options.tcpEstablished === true,
    ext_unix_sk: options.externalUnixSockets === true,
    file_locks: options.fileLocks === true,
    auto_dedup: options.autoDedup === true,
    lazy_pages: options.lazyPages === true,
    // Devices and addresses are whoever's that gave them to the container: hooks, a network plugin.
    empty_ns: bitsOf(cloneFlags, ['CLONE_NEWNET']),
    orphan_pts_master: true,
    ...(options.networkLock !== undefined && { network_lock: networkLocks[options.networkLock] }),
    ...(file !== undefined && { config_file: file }),
  };
}

/** The settings that an administrator has for criu are read last, and win: this container's, ours, or runc's. */
function configFile({ files }: Engine, { annotations = {} }: Config): string | undefined {
  const asked = annotations['org.criu.config'];
  if (asked !== undefined) return asked === '' ? undefined : asked;
  return exists(files, OUR_CONFIG) ? OUR_CONFIG : RUNC_CONFIG;
}

function exists(files: Engine['files'], path: string): boolean {
  try {
    files.stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}

/** What criu's refusal means: its answer is a number, and the rest is in its log. */
export function criuFailure(engine: Engine, what: string, answer: Response, log: string): ContainerError {
  const logged = lastErrors(engine, log);
  const said = logged.length > 0 ? logged : [answer.cr_errmsg?.trim() || `errno ${answer.cr_errno ?? 0}`];
  return new ContainerError('checkpoint', `criu ${what} failed: ${said.join('; ')}; its log is ${log}`);
}

const OUR_CONFIG = '/etc/criu/tsrunc.conf';
/** What a machine with runc has it set up by already. criu does not mind its absence. */
const RUNC_CONFIG = '/etc/criu/runc.conf';
/** Debug, as runc: only so the log explains anything. */
const LOG_LEVEL = 4;
