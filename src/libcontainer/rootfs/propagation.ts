import type { propagations } from '../../syscalls/constants.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';

/** `rootfsPropagation` → the kernel's word. */
export const rootfsPropagations = {
  shared: { type: 'MS_SHARED', recursive: false },
  rshared: { type: 'MS_SHARED', recursive: true },
  slave: { type: 'MS_SLAVE', recursive: false },
  rslave: { type: 'MS_SLAVE', recursive: true },
  private: { type: 'MS_PRIVATE', recursive: false },
  rprivate: { type: 'MS_PRIVATE', recursive: true },
  unbindable: { type: 'MS_UNBINDABLE', recursive: false },
  runbindable: { type: 'MS_UNBINDABLE', recursive: true },
} as const satisfies Readonly<Record<string, { type: keyof typeof propagations; recursive: boolean }>>;

export type RootfsPropagation = keyof typeof rootfsPropagations;

/** What the root of the container gets in the end. */
export function propagationOf({ config }: Creation): (typeof rootfsPropagations)[RootfsPropagation] {
  const word = config.linux?.rootfsPropagation || 'rslave';
  if (!Object.hasOwn(rootfsPropagations, word)) {
    throw new ContainerError('invalid-config', `rootfsPropagation=${word} is not supported`);
  }
  return rootfsPropagations[word];
}

/**
 * What all mounts of the new mount namespace get before anything else. What stays shared lets the container's mounts
 * reach the host: never from a user namespace, nor where the host's mounts are taken away one by one (`--no-pivot`).
 * Unbindable is only what becomes of the root in the end, for what is unbindable could not be bound in.
 */
export function mountsPropagation(creation: Creation): 'MS_SHARED' | 'MS_SLAVE' | 'MS_PRIVATE' {
  const { type } = propagationOf(creation);
  if (type === 'MS_PRIVATE') return type;
  const mayShare = namespaceOf(creation.config, 'user') === 'host' && !creation.facts.options.noPivot;
  return type === 'MS_SHARED' && mayShare ? type : 'MS_SLAVE';
}
