import { remove } from '../../libcontainer/delete.ts';
import type { Handler } from '../context.ts';
import { flag } from '../values.ts';

export const handler: Handler = ({ host }, { arguments: [id = ''], options }) =>
  remove(host, id, { force: flag(options, 'force') });
