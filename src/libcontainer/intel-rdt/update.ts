import type { Engine } from '../../engine/engine.ts';
import type { IntelRdt } from '../../spec/config.ts';
import { ContainerError } from '../errors.ts';
import { isDirectory, RdtGroup, resctrlRoot } from './group.ts';
import { linesOf } from './schemata.ts';

export type Schemas = Pick<IntelRdt, 'l3CacheSchema' | 'memBwSchema'>;

/**
 * Gives the class of service of a living container other schemata. All that can be known beforehand is checked at
 * once; the result does it, and returns what puts the old ones back.
 */
export function schemaChange(
  machine: Pick<Engine, 'files' | 'encode' | 'decode'>,
  id: string,
  rdt: IntelRdt | undefined,
  schemas: Schemas,
): () => () => void {
  const lines = linesOf(schemas);
  if (lines.length === 0) return () => () => undefined;
  const root = resctrlRoot(machine);
  const lacks = (schema: string | undefined, feature: string): boolean =>
    Boolean(schema) && (root === undefined || !isDirectory(machine, `${root}/info/${feature}`));
  if (lacks(schemas.l3CacheSchema, 'L3')) throw refused('Intel RDT/CAT: l3 cache schema is not enabled');
  if (lacks(schemas.memBwSchema, 'MB')) throw refused('Intel RDT/MBA: memory bandwidth schema is not enabled');
  if (!rdt || root === undefined) throw refused('updating a non-existent Intel RDT configuration is not supported');
  const group = new RdtGroup(machine, root, id, rdt);
  return () => group.change(lines);
}

function refused(message: string): ContainerError {
  return new ContainerError('host', message, { pointer: '/linux/intelRdt' });
}
