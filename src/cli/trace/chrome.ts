import type { Recording, TracedCall } from '../../libcontainer/recorder.ts';
import { errnoCode } from '../../syscalls/errno.ts';

/** Chrome's trace event format, which https://ui.perfetto.dev opens: one thread for the steps, one a process. */
export function chromeTrace({ command, steps, calls }: Recording): string {
  const processes = ['steps', ...new Set(calls.map(({ process }) => process))];
  const thread = (name: string): number => processes.indexOf(name) + 1;
  const facts = (call: TracedCall) => ({ args: call.args.join(', '), result: resultWords(call), step: call.step });
  const events = [
    { ph: 'M', pid: 1, name: 'process_name', args: { name: `tsrunc ${command.join(' ')}` } },
    ...processes.map((name) => ({ ph: 'M', pid: 1, tid: thread(name), name: 'thread_name', args: { name } })),
    ...steps.map(({ name, pointer, start, end }) =>
      slice('step', name, thread('steps'), start, end - start, pointer === undefined ? {} : { pointer }),
    ),
    ...calls.map((call) =>
      slice('syscall', call.syscall, thread(call.process), call.start, call.duration, facts(call)),
    ),
  ];
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`;
}

/** Times are microseconds there. */
function slice(cat: string, name: string, tid: number, start: number, duration: number, args: object) {
  return { ph: 'X', pid: 1, tid, cat, name, ts: start / 1000, dur: duration / 1000, args };
}

/** `3`, `ENOENT`, or `?` where no answer came. */
export function resultWords({ result }: TracedCall): string {
  if (result === undefined) return '?';
  return result < 0 && result >= -4095 ? errnoCode(-result) : `${result}`;
}
