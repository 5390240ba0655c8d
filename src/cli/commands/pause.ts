import { pause } from '../../libcontainer/pause.ts';
import type { Handler } from '../context.ts';

export const handler: Handler = ({ host }, { arguments: [id = ''] }) => pause(host, id);
