import { writeFileSync } from 'node:fs';
import { helpText } from '../../src/cli/help.ts';
import { main } from '../../src/cli/main.ts';
import type { Addon } from '../../src/engine/node/addon.ts';
import { nodeEngine } from '../../src/engine/node/engine.ts';
import { yargsParser } from '../../src/engine/node/yargs.ts';
import { liveMachine } from '../../src/libcontainer/machine.ts';
import { watchedMachine } from '../../src/libcontainer/watched-machine.ts';
import { dieBefore, failCall } from '../../src/syscalls/ports/faults.ts';
import { type NumberedCall, Sequence, type Watcher } from '../../src/syscalls/ports/sequence.ts';

/**
 * tsrunc with a fault: `TSRUNC_FAULT` is `fail NUMBER ERRNO`, `die NUMBER` or nothing, and says what becomes of which
 * call. What was called in all, and which call it was, is written to `TSRUNC_FAULT_REPORT`. Never in the executable.
 */
const { TSRUNC_FAULT: fault = '', TSRUNC_FAULT_REPORT: report = '', ...env } = process.env;
const [kind, number = '0', code = ''] = fault.split(' ');

let victim: NumberedCall | undefined;
const find: Watcher = {
  before(call) {
    if (call.number === Number(number)) victim = call;
    return undefined;
  },
};

function watchers(): Watcher[] {
  if (kind === 'fail') return [find, failCall(Number(number), code)];
  if (kind === 'die') return [find, dieBefore(Number(number), die)];
  return [];
}

function die(): never {
  tell();
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment to arrive, and nothing more may be done by then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function tell(): void {
  const words = victim && `${victim.process}: ${victim.name}(${victim.words().join(', ')})`;
  writeFileSync(report, JSON.stringify({ calls: sequence.length, victim: words }));
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
