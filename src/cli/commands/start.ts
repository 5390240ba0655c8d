import { start } from '../../libcontainer/start.ts';
import type { Handler } from '../context.ts';

export const handler: Handler = ({ host }, { arguments: [id = ''] }) => start(host, id);
