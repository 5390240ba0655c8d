import type { ParsedCommand } from '../engine/arguments.ts';
import type { CgroupManager, Host, Log } from '../libcontainer/host.ts';
import type { Machine } from '../libcontainer/machine.ts';
import { stateRoot } from './root.ts';
import { flag, oneOf, text } from './values.ts';

type Options = ParsedCommand['global'];

/** What the global options say about where and how the verbs work. */
export function hostOf(engine: Machine, log: Log, options: Options): Host {
  return {
    engine,
    log,
    root: stateRoot(engine, text(options, 'root')),
    cgroupManager: cgroupManager(options),
    rootless: rootless(options),
  };
}

function cgroupManager(options: Options): CgroupManager {
  const named = text(options, 'cgroup-manager');
  if (named !== undefined) return oneOf(['cgroupfs', 'systemd', 'disabled'], named, 'cgroup-manager');
  return flag(options, 'systemd-cgroup') ? 'systemd' : 'cgroupfs';
}

function rootless(options: Options): boolean | 'auto' {
  const when = oneOf(['true', 'false', 'auto', ''], text(options, 'rootless') ?? 'auto', 'rootless');
  return when === 'auto' || when === '' ? 'auto' : when === 'true';
}
