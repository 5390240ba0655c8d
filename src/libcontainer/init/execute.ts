import { SIGKILL, SIGSEGV } from '../../syscalls/constants.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { STUB_NAME } from '../../syscalls/stub/image.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import { ContainerError } from '../errors.ts';
import { executableOf, processFacts } from '../process.ts';
import { whyDenied, whySilent } from '../seccomp/explain.ts';
import { sleep } from '../signal.ts';
import { whyNotExecuted } from './exec-failure.ts';
import type { Starting, StartStep } from './starting.ts';

/** Everything above the descriptors that the caller preserves closes with execve, the control socket too: its end is our news. */
export const closeDescriptors: StartStep = {
  name: 'close other descriptors',
  do({ init, facts }) {
    init.kernel.calls.close_range(3 + facts.preserveFds, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
  },
};

/** Under the filter, if there is one: a profile need not allow anything that would be added here. */
export const execute: StartStep = {
  name: 'execute the program',
  pointer: '/process/args',
  do(starting) {
    const { init, facts, path } = starting;
    const { kernel } = init;
    kernel.calls.execve(path, facts.process.args ?? [], starting.env);
    try {
      kernel.flush();
    } catch (error) {
      if (!(error instanceof StubGone)) throw error;
      confirmExecution(starting);
    }
  },
  hint(error, { facts, init, path }) {
    if (!(error instanceof CallFailed) || error.syscall !== 'execve') return undefined;
    return whyDenied(facts.filter, error) ?? whyNotExecuted(facts.engine, facts.kernel, init.pid, path, error);
  },
};

/**
 * The socket closed: execve is past the point of no return, and can still die (RLIMIT_AS, the memory limit)
 * before the program's first instruction. It has succeeded when the kernel has set up the program's code.
 */
function confirmExecution(starting: Starting): void {
  const { engine, kernel } = starting.facts;
  const { startTime, stub } = starting.origin;
  const { pid } = starting.init;
  for (let wait = 0; wait < 2000; wait++) {
    const facts = processFacts(engine, pid);
    // Gone already: its parent has reaped it, and will have read how it ended.
    if (!facts || facts.startTime !== startTime) return died(starting, undefined, false);
    if (facts.state === 'Z' || facts.state === 'X') return died(starting, facts.exitCode, facts.comm === STUB_NAME);
    const executable = executableOf(engine.files, pid);
    const isStub = executable?.ino === stub.ino && executable.dev === stub.dev;
    if (!isStub && facts.startCode !== 0) return;
    sleep(kernel, 1);
  }
  throw new ContainerError('timeout', 'the program did not begin within 2 s');
}

/**
 * A program that ended by itself has run. One that died of SIGSEGV before anyone saw it run may have been ended by
 * execve itself, which has no other way to fail once the old program is gone: most likely so if its memory is limited.
 */
function died(starting: Starting, status: number | undefined, beforeExec: boolean): void {
  const oom = starting.obituary();
  const signal = status === undefined ? 0 : status & 0x7f;
  if (oom && (status === undefined || signal === SIGKILL)) throw new ContainerError('init-died', oom);
  // A filter that forbids execve leaves no doubt, even if the process was reaped before anyone could look at it.
  if (beforeExec || starting.facts.filter?.mayPass('execve') === false) {
    const hint = whySilent(starting.facts.filter);
    throw new ContainerError('init-died', `${starting.subject} died${signal ? ` of signal ${signal}` : ''}`, { hint });
  }
  const limited = starting.facts.process.rlimits?.some(({ type }) => LIMITS_OF_MEMORY.includes(type)) ?? false;
  if (signal === SIGSEGV && limited) {
    throw new ContainerError(
      'exec',
      `exec ${starting.path}: the kernel ended it with signal ${signal} while it was loaded`,
      {
        hint: 'is a limit (RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK) too low for the program?',
      },
    );
  }
}

const LIMITS_OF_MEMORY = ['RLIMIT_AS', 'RLIMIT_DATA', 'RLIMIT_STACK'];

const MAX_FD = 0xffffffff;
