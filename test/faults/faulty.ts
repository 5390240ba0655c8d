import { helpText } from '../../src/cli/help.ts';
import { main } from '../../src/cli/main.ts';
import type { ArgumentParser } from '../../src/engine/arguments.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { HelpText } from '../../src/engine/go-flags.ts';
import { liveMachine } from '../../src/libcontainer/machine.ts';
import { watchedMachine } from '../../src/libcontainer/watched-machine.ts';
import { SIGKILL } from '../../src/syscalls/constants.ts';
import { errnoNumber } from '../../src/syscalls/errno.ts';
import { nativeFunctions } from '../../src/syscalls/native.ts';
import { syscallNumber } from '../../src/syscalls/numbers.ts';
import { dieBefore, failCall } from '../../src/syscalls/ports/faults.ts';
import { type NumberedCall, Sequence, type Watcher } from '../../src/syscalls/ports/sequence.ts';

/**
 * tsrunc with a fault: `TSRUNC_FAULT` is `fail NUMBER ERRNO`, `die NUMBER`, `match ERRNO PATTERN`, `once ERRNO PATTERN` or
 * nothing, and says what becomes of which call, of all whose words match, or of the first of them. What was called in all,
 * and which call it was, is written to `TSRUNC_FAULT_REPORT`. Never in the executable.
 */
export function faulty(live: Engine, parser: (help: HelpText) => ArgumentParser): void {
  const { TSRUNC_FAULT: fault = '', TSRUNC_FAULT_REPORT: report = '', ...env } = live.env;
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

  const failMatching = (found: RegExp, errno: string): Watcher => ({
    before(call) {
      if ((kind === 'once' && victim) || !found.test(wordsOf(call))) return undefined;
      victim ??= call;
      // NOTHING: it is not made, and says that it was.
      return { result: errno === 'NOTHING' ? 0 : -errnoNumber(errno) };
    },
  });

  const watchers = (): Watcher[] => {
    if (kind === 'fail') return [find, closeAnyway, failCall(Number(number), code)];
    if (kind === 'match' || kind === 'once') return [failMatching(new RegExp(pattern.join(' ')), number)];
    if (kind === 'die') return [find, dieBefore(Number(number), die)];
    return [];
  };

  const die = (): never => {
    tell();
    live.native().call(nativeFunctions.syscall, [syscallNumber('kill', live.arch), live.pid, SIGKILL]);
    // The signal may take a moment to arrive, and nothing more may be done by then.
    for (;;);
  };

  const tell = (): void => {
    const fd = live.files.open(report, ['O_WRONLY', 'O_CREAT', 'O_TRUNC'], 0o644);
    const facts = { calls: sequence.length, victim: victim && wordsOf(victim) };
    live.files.write(fd, live.encode(JSON.stringify(facts)));
  };

  const sequence = new Sequence(watchers(), () => Number(live.monotonic()));
  const engine: Engine = {
    ...live,
    env,
    exit(status) {
      tell();
      return live.exit(status);
    },
  };
  void main(engine, parser(helpText), () => watchedMachine(liveMachine(engine), sequence));
}

function wordsOf(call: NumberedCall): string {
  return `${call.process}: ${call.name}(${call.words().join(', ')})`;
}
