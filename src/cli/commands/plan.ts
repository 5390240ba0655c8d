import { plan } from '../../libcontainer/plan/plan.ts';
import type { Recording } from '../../libcontainer/recorder.ts';
import type { Context, Handler } from '../context.ts';
import { createOptions } from '../create-options.ts';
import { lineDifferences } from '../differences.ts';
import { failed } from '../failure.ts';
import { absolute } from '../paths.ts';
import { printable } from '../quote.ts';
import { oneOf, text } from '../values.ts';

export const handler: Handler = (context, { arguments: [id = 'plan'], options }) => {
  const format = oneOf(['text', 'json'], text(options, 'format') ?? 'text', 'format');
  const { files } = context.engine;
  // Both from here: to plan is to enter the bundle, and there may be no way back for the caller.
  const bundle = absolute(files, text(options, 'bundle') ?? '.');
  const other = text(options, 'diff') ?? '';
  const against = other === '' ? undefined : planned(context, id, { ...options, bundle: absolute(files, other) });
  const own = planned(context, id, { ...options, bundle });
  if (format === 'json') context.print(`${JSON.stringify({ steps: steps(own) }, null, 2)}\n`);
  else if (against) context.print(lineDifferences(lines(against), lines(own)));
  else context.print(`${lines(own).join('\n')}\n`);
};

function planned({ engine, host }: Context, id: string, options: Parameters<typeof createOptions>[1]): Recording {
  try {
    return plan(host, id, createOptions(engine.files, options));
  } catch (error) {
    throw failed('create', error);
  }
}

interface PlannedStep {
  readonly step: string;
  readonly pointer?: string;
  readonly calls: readonly { process: string; syscall: string; args: readonly string[]; pointer?: string }[];
}

/** Calls of one step that follow one another. */
function steps({ calls, steps: known }: Recording): PlannedStep[] {
  const pointers = new Map(known.map(({ name, pointer }) => [name, pointer]));
  const list: { step: string; pointer?: string; calls: PlannedStep['calls'][number][] }[] = [];
  for (const { step = '', process, syscall, args } of calls) {
    const pointer = pointers.get(step);
    if (list.at(-1)?.step !== step) list.push({ step, ...(pointer !== undefined && { pointer }), calls: [] });
    list.at(-1)?.calls.push({ process, syscall, args, ...(pointer !== undefined && { pointer }) });
  }
  return list;
}

function lines(recording: Recording): string[] {
  return steps(recording).flatMap(({ step, pointer, calls }) => [
    printable(pointer === undefined ? step : `${step} (${pointer})`),
    ...calls.map(({ process, syscall, args }) => `    ${process}: ${printable(`${syscall}(${args.join(', ')})`)}`),
  ]);
}
