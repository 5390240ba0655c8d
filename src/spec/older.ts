import type { Config } from './config.ts';

/**
 * What a config.json means that was written for an older version of the specification. Up to 1.2 a limit of zero
 * processes was none, and podman 4 still writes it for `--pids-limit -1`; since 1.3 it is a limit.
 */
export function inTodaysWords(config: Config): Config {
  const limit = config.linux?.resources?.pids?.limit;
  if (limit === undefined || Number(limit) !== 0 || minorOf(config.ociVersion) >= 3) return config;
  const { pids, ...resources } = config.linux?.resources ?? {};
  return { ...config, linux: { ...config.linux, resources } };
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
