import type { Result } from '../../syscalls/batch.ts';
import { socketPair } from '../../syscalls/descriptor-pair.ts';
import { CallFailed } from '../../syscalls/port.ts';
import type { StubProcess } from '../creation.ts';
import { report } from '../errors.ts';
import { spawnFirst } from '../init/builder.ts';
import { arm, type ControlSocket, cloneStub, endStub } from '../init/stub-process.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { callProbes } from './calls.ts';
import { tryIdmaps } from './idmaps.ts';
import type { CheckSite } from './site.ts';

/**
 * What the kernel answered to two processes that were made to be asked, and have ended. Both are stubs: what they do to
 * themselves goes with them, and they have namespaces of their own before they touch anything else.
 */
export interface Trial {
  /** Why there was nobody to ask. */
  readonly fault?: string;
  /** Results of the calls by the names of their probes, failures as negative errnos. */
  readonly calls: ReadonlyMap<string, number>;
  /** Of unshare(2). */
  readonly namespaces: ReadonlyMap<NamespaceType, number>;
  /** Of mount(2) by root of a user namespace, by file system; empty if nobody could become that. */
  readonly mounts: ReadonlyMap<string, number>;
  /** Of mount_setattr(2) with a mapping of IDs, by the path of what was to be mounted so; empty likewise. */
  readonly idmaps: ReadonlyMap<string, number>;
}

export function tryOut(site: CheckSite): Trial {
  const calls = new Map<string, number>();
  const unshared = new Map<NamespaceType, number>();
  const mounts = new Map<string, number>();
  let idmaps: ReadonlyMap<string, number> = new Map();
  const made: StubProcess[] = [];
  try {
    const [ours, theirs] = socketPair(site.kernel);
    const first = spawnFirst(site, site.host.root, {}, [theirs]).stub;
    made.push(first);
    arm(first);
    const second = rootOfUserNamespace(site, first, { ours, theirs });
    if (second) {
      made.push(second);
      settle(mounts, mountThere(second), second);
      idmaps = tryIdmaps(site, second.pid);
    }
    const { types, results } = askAll(site, first);
    settle(calls, results, first);
    settle(unshared, types, first);
    return { calls, namespaces: unshared, mounts, idmaps };
  } catch (error) {
    return { fault: report(error).message, calls, namespaces: unshared, mounts, idmaps };
  } finally {
    for (const stub of made.reverse()) endStub(site.kernel, stub);
  }
}

type Asked<K> = readonly (readonly [K, Result])[];

function settle<K>(answers: Map<K, number>, asked: Asked<K>, { kernel }: StubProcess): void {
  for (const [key, result] of asked) answers.set(key, kernel.value(result));
}

/** Undefined where there can be none. That unshare fails too will say why. */
function rootOfUserNamespace(site: CheckSite, first: StubProcess, socket: ControlSocket): StubProcess | undefined {
  const { engine, caller } = site;
  try {
    const flags = ['CLONE_NEWUSER', 'CLONE_NEWNS', 'CLONE_NEWPID'] as const;
    const second = cloneStub(engine, 'in a user namespace', first, socket, { flags });
    const write = (file: string, text: string): void => {
      const fd = engine.files.open(`/proc/${second.pid}/${file}`, ['O_WRONLY']);
      engine.files.write(fd, engine.encode(text));
      engine.files.close(fd);
    };
    write('uid_map', `0 ${caller.uid} 1\n`);
    write('setgroups', 'deny');
    write('gid_map', `0 ${caller.gid} 1\n`);
    return second;
  } catch (error) {
    if (error instanceof CallFailed) return undefined;
    throw error;
  }
}

/** Its mount namespace gives nothing back to the host's, as another user namespace owns it. */
function mountThere({ kernel }: StubProcess): Asked<string> {
  return MOUNTED.map((type) => [type, kernel.may('*').mount(type, '/proc', type, [], '')] as const);
}

const MOUNTED = ['proc', 'tmpfs'];

/**
 * Who is not root becomes so in a user namespace first: the other namespaces, and mounts, are its to make then. Root
 * does that last, for in a user namespace it may less.
 */
function askAll(
  { caller }: CheckSite,
  { kernel }: StubProcess,
): { types: Asked<NamespaceType>; results: Asked<string> } {
  const may = kernel.may('*');
  const unshare = (type: NamespaceType) => [type, may.unshare([namespaces[type].flag])] as const;
  const before = (caller.isAdmin ? OTHERS : ['user' as const, ...OTHERS]).map(unshare);
  const results = callProbes.map(({ name, make }) => [name, make(may, kernel)] as const);
  const after = (caller.isAdmin ? ['user' as const] : []).map(unshare);
  return { types: [...before, ...after], results };
}

const OTHERS: readonly NamespaceType[] = ['mount', 'uts', 'ipc', 'network', 'pid', 'cgroup', 'time'];
