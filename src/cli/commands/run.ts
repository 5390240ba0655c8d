import { run } from '../../libcontainer/run.ts';
import type { Handler } from '../context.ts';
import { createOptions } from '../create-options.ts';
import { failed } from '../failure.ts';
import { prepareRoot } from '../root.ts';
import { flag } from '../values.ts';

/** The exit status is that of the container's process, unless it is left running. */
export const handler: Handler = (context, { arguments: [id = ''], options }) => {
  try {
    prepareRoot(context);
    const { status, obituary } = run(context.host, id, {
      ...createOptions(context.engine.files, options),
      detach: flag(options, 'detach'),
      keep: flag(options, 'keep'),
      hold: flag(options, 'hold'),
      noSubreaper: flag(options, 'no-subreaper'),
    });
    // Exit status 137 alone would leave a person guessing who sent the signal.
    if (obituary !== undefined) context.printError(`${obituary}\n`);
    return status;
  } catch (error) {
    throw failed('run', error);
  }
};
