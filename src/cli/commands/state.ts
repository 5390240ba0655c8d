import { state } from '../../libcontainer/state.ts';
import type { Handler } from '../context.ts';

/** Without a newline at the end, as runc prints it. */
export const handler: Handler = ({ host, print }, { arguments: [id = ''] }) => {
  print(JSON.stringify(state(host, id), null, 2));
};
