/** What a signal does to a process that neither handles nor ignores it. */
export type DefaultAction = 'terminate' | 'core' | 'stop' | 'ignore' | 'continue';

export interface Signal {
  readonly number: number;
  readonly name: string;
  readonly action: DefaultAction;
}

/** x86-64 and arm64 number them alike. 32 and 33 are the C library's own. */
const standard: readonly (readonly [string, DefaultAction])[] = [
  ['SIGHUP', 'terminate'],
  ['SIGINT', 'terminate'],
  ['SIGQUIT', 'core'],
  ['SIGILL', 'core'],
  ['SIGTRAP', 'core'],
  ['SIGABRT', 'core'],
  ['SIGBUS', 'core'],
  ['SIGFPE', 'core'],
  ['SIGKILL', 'terminate'],
  ['SIGUSR1', 'terminate'],
  ['SIGSEGV', 'core'],
  ['SIGUSR2', 'terminate'],
  ['SIGPIPE', 'terminate'],
  ['SIGALRM', 'terminate'],
  ['SIGTERM', 'terminate'],
  ['SIGSTKFLT', 'terminate'],
  ['SIGCHLD', 'ignore'],
  ['SIGCONT', 'continue'],
  ['SIGSTOP', 'stop'],
  ['SIGTSTP', 'stop'],
  ['SIGTTIN', 'stop'],
  ['SIGTTOU', 'stop'],
  ['SIGURG', 'ignore'],
  ['SIGXCPU', 'core'],
  ['SIGXFSZ', 'core'],
  ['SIGVTALRM', 'terminate'],
  ['SIGPROF', 'terminate'],
  ['SIGWINCH', 'ignore'],
  ['SIGIO', 'terminate'],
  ['SIGPWR', 'terminate'],
  ['SIGSYS', 'core'],
];

const firstRealTime = 32;
/** The first that the C library leaves to programs, and so what every program calls SIGRTMIN. */
const rtmin = 34;
const rtmax = 64;

/** Signals 1 to 64, in order. */
export const signals: readonly Signal[] = [
  ...standard.map(([name, action], i) => ({ number: i + 1, name, action })),
  ...Array.from({ length: rtmax - firstRealTime + 1 }, (_, i) => realTime(firstRealTime + i)),
];

const aliases: Readonly<Record<string, string>> = {
  SIGIOT: 'SIGABRT',
  SIGCLD: 'SIGCHLD',
  SIGPOLL: 'SIGIO',
  SIGRTMAX: `SIGRTMIN+${rtmax - rtmin}`,
};

/**
 * A signal's number from what the user of `kill` typed: a number, or a name in any case with or without `SIG`.
 * 0 is a number too: it asks only whether the process is there. Undefined if there is no such signal.
 */
export function parseSignal(text: string): number | undefined {
  if (/^\+?\d+$/.test(text)) return Number(text) <= rtmax ? Number(text) : undefined;
  const upper = text.toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const known = Object.hasOwn(aliases, full) ? aliases[full] : full;
  return signals.find(({ name }) => name === known)?.number ?? fromEnd(full);
}

function realTime(number: number): Signal {
  const offset = number - rtmin;
  const name = offset < 0 ? `SIG${number}` : offset === 0 ? 'SIGRTMIN' : `SIGRTMIN+${offset}`;
  return { number, name, action: 'terminate' };
}

/** `SIGRTMAX-N`, the other way to name the upper half. */
function fromEnd(name: string): number | undefined {
  const offset = /^SIGRTMAX-(\d{1,2})$/.exec(name)?.[1];
  const number = offset === undefined ? 0 : rtmax - Number(offset);
  return number >= rtmin ? number : undefined;
}
