import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { slurp } from './host.ts';
import { RUNTIME, type RunOptions } from './runtime.ts';
import type { Sandbox } from './sandbox.ts';
import { until } from './wait.ts';

export interface UserOptions {
  readonly uid: number;
  /** A login name; without one /etc/passwd does not know the user. */
  readonly name?: string;
  /** Lines of /etc/subuid and /etc/subgid. */
  readonly subIDs?: string;
  /** Shell that root runs before, in the mount namespace that is the caller's alone. */
  readonly before?: string;
  /** A program in front of the runtime: `unshare -r`. */
  readonly within?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Calls of the runtime by an unprivileged user. What the machine knows of the user is bound over its files in a mount
 * namespace of each call, and gone with that.
 */
export function user(box: Sandbox, options: UserOptions): RunOptions {
  const { uid, name, subIDs = '', before = ':', within = '', env = {} } = options;
  const passwd = name === undefined ? '' : `${name}:x:${uid}:${uid}::/:/bin/sh\n`;
  const binds = [
    [passwd + fs.readFileSync('/etc/passwd', 'utf8'), '/etc/passwd'],
    [subIDs, '/etc/subuid'],
    [subIDs, '/etc/subgid'],
  ].map(([text = '', file = '']) => bindOver(box, file, text));
  const become = `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups ${within}`;
  const inside = [...binds, before, `${become} "$@"`].join(' && ');
  return {
    runtime: runtimeForAll(box),
    caller: `exec unshare --mount --propagation private sh -c '${inside}' sh "$@"`,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env },
  };
}

/** Whether users without privileges may make user namespaces here. */
export function mayUnshare(): boolean {
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  return spawnSync('setpriv', [...nobody, 'unshare', '--user', '--map-root-user', 'true']).status === 0;
}

/** A process in namespaces that `within` makes, as the caller of `options`. Whoever asks for it ends it. */
export async function hold({ caller = 'exec "$@"', env }: RunOptions, within: string): Promise<ChildProcess> {
  const words = [...within.split(' '), 'sleep', '300'];
  const child = spawn('/bin/sh', ['-c', caller, 'sh', ...words], { ...(env && { env: { ...env } }), stdio: 'ignore' });
  await until('the namespaces are there', () => slurp(`/proc/${child.pid}/comm`) === 'sleep\n', 10);
  return child;
}

/** A file that the machine lacks is made where the namespace alone sees it, or not at all. */
function bindOver(box: Sandbox, file: string, text: string): string {
  const own = path.join(box.scratch(), path.basename(file));
  fs.writeFileSync(own, text);
  return fs.existsSync(file) ? `mount --bind ${own} ${file}` : ':';
}

/** The checkout may lie below a directory that only its owner can enter. */
function runtimeForAll(box: Sandbox): string {
  const copy = path.join(box.dir, 'runtime', path.basename(RUNTIME));
  if (fs.existsSync(copy)) return copy;
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.copyFileSync(RUNTIME, copy, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(copy, 0o755);
  return copy;
}
