import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import { callerOf, isInUserNamespace } from '../libcontainer/caller.ts';
import { ContainerError } from '../libcontainer/errors.ts';
import type { Context } from './context.ts';
import { absolute } from './paths.ts';

const systemRoot = '/run/tsrunc';

/** The state directory: `--root`, else below `$XDG_RUNTIME_DIR` for who is not the machine's root. */
export function stateRoot(engine: Engine, given: string | undefined): string {
  if (given === undefined) return xdgRoot(engine) ?? systemRoot;
  const root = absolute(engine.files, given);
  // Deleting a container deletes below the root: `/` is never meant, but an unset variable or `../..` gets there.
  if (root === '/') throw new ContainerError('invalid-argument', 'Option --root argument should not be set to /');
  return root;
}

/**
 * Makes the state directory below `$XDG_RUNTIME_DIR` with the sticky bit, by which the XDG specification spares
 * it from cleaners of old files. A root that was given is left alone.
 */
export function prepareRoot({ engine, host, rootGiven }: Context): void {
  if (rootGiven || host.root === systemRoot) return;
  try {
    makeDirectory(engine, host.root);
    engine.files.chmod(host.root, 0o1700);
  } catch (cause) {
    const hint = 'the path in $XDG_RUNTIME_DIR must be writable by the user';
    throw new ContainerError('host', 'cannot make the state directory', { cause, hint });
  }
}

function xdgRoot(engine: Engine): string | undefined {
  const { uid } = callerOf(engine);
  if (uid === 0 && !isMappedRoot(engine)) return undefined;
  const directory = engine.env.XDG_RUNTIME_DIR || runtimeDirectory(engine, uid);
  return directory === undefined ? undefined : absolute(engine.files, `${directory}/tsrunc`);
}

/** What the variable says where there is a session, for who has come by another way: su, cron. */
function runtimeDirectory({ files }: Engine, uid: number): string | undefined {
  const path = `/run/user/${uid}`;
  try {
    const { kind, uid: owner } = files.stat(path);
    return kind === 'directory' && owner === uid ? path : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}

/** UID 0 of a user namespace that somebody else made. In the initial one root's own files stay in /run. */
function isMappedRoot(engine: Engine): boolean {
  return engine.env.USER !== 'root' && isInUserNamespace(engine);
}

function makeDirectory(engine: Engine, path: string): void {
  try {
    engine.files.mkdir(path, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}
