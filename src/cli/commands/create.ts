import { create } from '../../libcontainer/create.ts';
import type { Handler } from '../context.ts';
import { createOptions } from '../create-options.ts';
import { failed } from '../failure.ts';
import { prepareRoot } from '../root.ts';

export const handler: Handler = (context, { arguments: [id = ''], options }) => {
  try {
    prepareRoot(context);
    create(context.host, id, createOptions(context.engine.files, options));
  } catch (error) {
    throw failed('create', error);
  }
};
