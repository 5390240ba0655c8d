import type { Recording, TracedCall } from '../../libcontainer/recorder.ts';
import { printable } from '../quote.ts';
import { resultWords } from './chrome.ts';

/** A table for people and for `diff`: the steps with their times, and below each the calls that were made in it. */
export function textTrace({ command, steps, calls, end }: Recording): string {
  const lines = [`tsrunc ${printable(command.join(' '))}`, `${milliseconds(end)} ms, ${calls.length} calls`, ''];
  const inOrder = [...calls].sort((a, b) => a.start - b.start);
  let next = 0;
  for (const step of steps) {
    const first = next;
    while ((inOrder[next]?.start ?? step.end) < step.end) next++;
    const inStep = inOrder.slice(first, next);
    if (inStep.length === 0 && step.end - step.start < NEGLIGIBLE) continue;
    const pointer = step.pointer === undefined ? '' : ` (${step.pointer})`;
    lines.push(`${milliseconds(step.start)} ${milliseconds(step.end - step.start)}  ${printable(step.name + pointer)}`);
    let previous: TracedCall | undefined;
    let times = '';
    for (const call of inStep) {
      // Those of one batch have them in common.
      if (call.start !== previous?.start || call.duration !== previous.duration) times = timesOf(call);
      previous = call;
      const words = `${call.process}: ${call.syscall}(${call.args.join(', ')}) = ${resultWords(call)}`;
      lines.push(`${times}      ${printable(words)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Nanoseconds. */
const NEGLIGIBLE = 10_000;

function timesOf({ start, duration }: TracedCall): string {
  return `${milliseconds(start)} ${milliseconds(duration)}`;
}

function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(3).padStart(9);
}
