import type { Engine } from '../../engine/engine.ts';
import { readAll } from '../../engine/read-all.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import { update } from '../../libcontainer/update.ts';
import type { Resources } from '../../spec/config-linux.ts';
import { loadResources } from '../../spec/load-resources.ts';
import { formatProblem } from '../../spec/problem.ts';
import type { Handler } from '../context.ts';
import { resourcesFrom } from '../limits.ts';
import { text } from '../values.ts';

/** A file of resources counts alone: the limits among the other options are then not looked at. */
export const handler: Handler = ({ engine, host }, { arguments: [id = ''], options }) => {
  const file = text(options, 'resources') || undefined;
  const resources = file === undefined ? resourcesFrom(options) : readResources(engine, file);
  const [l3CacheSchema, memBwSchema] = [text(options, 'l3-cache-schema'), text(options, 'mem-bw-schema')];
  update(host, id, resources, { ...(l3CacheSchema && { l3CacheSchema }), ...(memBwSchema && { memBwSchema }) });
};

function readResources(engine: Engine, file: string): Resources {
  const bytes = file === '-' ? readAll(engine.files, 0) : engine.files.read(file);
  const { resources = {}, problems } = loadResources(bytes, engine.decode);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return resources;
  const name = file === '-' ? 'standard input' : file;
  const message = errors.map((problem) => `${name}:${formatProblem(problem)}`).join('; ');
  throw new ContainerError('invalid-argument', message, { pointer: errors[0]?.pointer });
}
