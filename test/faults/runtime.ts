import { writeFileSync } from 'node:fs';
import { helpText } from '../../src/cli/help.ts';
import { main } from '../../src/cli/main.ts';
import type { Addon } from '../../src/engine/node/addon.ts';
import { nodeEngine } from '../../src/engine/node/engine.ts';
import { yargsParser } from '../../src/engine/node/yargs.ts';
import { liveMachine } from '../../src/libcontainer/machine.ts';
import { watchedMachine } from '../../src/libcontainer/watched-machine.ts';
import { errnoNumber } from '../../src/syscalls/errno.ts';
import { dieBefore, failCall } from '../../src/syscalls/ports/faults.ts';
import { type NumberedCall, Sequence, type Watcher } from '../../src/syscalls/ports/sequence.ts';

/**
 * tsrunc with a fault: `TSRUNC_FAULT` is `fail NUMBER ERRNO`, `die NUMBER`, `match ERRNO PATTERN`, `once ERRNO PATTERN` or
 * nothing, and says what becomes of which call, of all whose words match, or of the first of them. What was called in all, and which call it was, is written to `TSRUNC_FAULT_REPORT`. Never in the executable.
 */
const { TSRUNC_FAULT: fault = '', TSRUNC_FAULT_REPORT: report = '', ...env } = process.env;
const [kind, number = '0', ...pattern] = fault.split(' ');
const [code = ''] = pattern;

let victim: NumberedCall | undefined;
const find: Watcher = {
  before(call) {
    if (call.number === Number(number)) victim = call;
    return undefined;
  },
};

/** Whatever close(2) answers, Linux has let go of the descriptor, and of a lock that it held. */
const closeAnyway: Watcher = {
  before(call) {
    const fd = call === victim && call.process === 'runtime' && /^(?:fd )?(\d+)$/.exec(call.words()[0] ?? '')?.[1];
    if (call.name === 'close' && fd) live.files.close(Number(fd));
    return undefined;
  },
};

function watchers(): Watcher[] {
  if (kind === 'fail') return [find, closeAnyway, failCall(Number(number), code)];
  if (kind === 'match' || kind === 'once') return [failMatching(new RegExp(pattern.join(' ')), number)];
  if (kind === 'die') return [find, dieBefore(Number(number), die)];
  return [];
}

function failMatching(found: RegExp, errno: string): Watcher {
  return {
    before(call) {
      if ((kind === 'once' && victim) || !found.test(wordsOf(call))) return undefined;
      victim ??= call;
      // NOTHING: it is not made, and says that it was.
      return { result: errno === 'NOTHING' ? 0 : -errnoNumber(errno) };
    },
  };
}

function die(): never {
  tell();
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment to arrive, and nothing more may be done by then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function tell(): void {
  writeFileSync(report, JSON.stringify({ calls: sequence.length, victim: victim && wordsOf(victim) }));
}

function wordsOf(call: NumberedCall): string {
  return `${call.process}: ${call.name}(${call.words().join(', ')})`;
}

const live = nodeEngine(() => require('@yuuang/ffi-rs-linux-x64-gnu/ffi-rs.linux-x64-gnu.node') as Addon);
const sequence = new Sequence(watchers(), () => Number(live.monotonic()));
const engine = {
  ...live,
  env,
  exit(status: number): never {
    tell();
    return live.exit(status);
  },
};
void main(engine, yargsParser(helpText), () => watchedMachine(liveMachine(engine), sequence));
