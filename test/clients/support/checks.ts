import { type Criu, realCriu } from '../../integration/checkpoint/real-criu.ts';
import { hasCapability } from '../../integration/support/host.ts';
import { isTsrunc } from '../../integration/support/runtime.ts';
import { count } from '../../integration/support/wait.ts';
import { type Client, worldOf } from './client.ts';
import type { Result } from './world.ts';

/** A line that a user types, and what has to come of it. */
export interface Check {
  readonly name: string;
  /** Shell; several lines for what takes several commands. */
  readonly command: string;
  /** Exit status, or those that versions of the client give; 0 unless said. */
  readonly status?: number | readonly number[];
  /** All of standard output without the last newline, or a part of it. */
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  /** A sentence of tsrunc's own, in either stream: runc words it otherwise. */
  readonly says?: RegExp;
  readonly seconds?: number;
  /** What runc refuses to do without, while tsrunc does what can be done. */
  readonly runcNeeds?: 'CAP_SYS_RESOURCE';
  /** It takes a criu that can save and restore a process on this kernel. */
  readonly needs?: 'criu';
}

/** What clients say that have not understood the log of a failed command. */
const SPEECHLESS = /unable to retrieve OCI runtime error|could ?n.t retrieve|no logs from conmon/i;

/** How many checks of each table are run unless all are asked for. */
const SAMPLE = 10;

/** Makes a test of every check. All of them share one world and one set of daemons, one after the other. */
export function runChecks(client: Client, tables: Readonly<Record<string, readonly Check[]>>): void {
  const chosen = sampleOf(tables);
  const criu = criuFor(chosen.flatMap(([, checks]) => checks));
  const world = worldOf(client, criu);
  if (world === undefined) return;
  afterEach(async () => {
    await world.shell(client.reset);
  });
  for (const [theme, checks] of chosen) {
    describe(theme, () => {
      for (const check of checks) {
        const lacks = check.needs === 'criu' && criu === undefined;
        (lacks || isRefused(check) ? test.skip : test)(check.name, async () =>
          demand(check, await world.shell(check.command, { prelude: client.prelude, ...check })),
        );
      }
    });
  }
}

/** Looked for only where a check needs it: to try it takes seconds. */
function criuFor(checks: readonly Check[]): Criu | undefined {
  const found = checks.some(({ needs }) => needs === 'criu') ? realCriu() : undefined;
  return found !== undefined && 'directory' in found ? found : undefined;
}

/** All of them, or some of each table. */
export function sampleOf<T>(tables: Readonly<Record<string, readonly T[]>>): (readonly [string, readonly T[]])[] {
  const total = Object.values(tables).flat().length;
  return Object.entries(tables).map(
    ([theme, checks]) => [theme, spread(checks, Math.ceil((count(SAMPLE, total) * checks.length) / total))] as const,
  );
}

/** `wanted` of them, from all over the table. */
function spread<T>(rows: readonly T[], wanted: number): T[] {
  return rows.filter(
    (_, index) => Math.floor((index * wanted) / rows.length) !== Math.floor(((index - 1) * wanted) / rows.length),
  );
}

function isRefused({ runcNeeds }: Check): boolean {
  return !isTsrunc && runcNeeds !== undefined && !hasCapability(runcNeeds);
}

/** Throws unless `result` is what the check says. */
export function demand(check: Check, result: Result): void {
  const statuses: readonly (number | null)[] = [check.status ?? 0].flat();
  const all = `${result.stdout}\n${result.stderr}`;
  const wrong = [
    statuses.includes(result.status) ? '' : `exit status ${result.status} and not ${statuses.join(' or ')}`,
    matches(result.stdout, check.stdout) ? '' : `standard output is not ${String(check.stdout)}`,
    matches(result.stderr, check.stderr) ? '' : `standard error is not ${String(check.stderr)}`,
    matches(all, isTsrunc ? check.says : undefined) ? '' : `nowhere is ${String(check.says)}`,
    SPEECHLESS.test(all) ? 'the client has not found what the runtime said' : '',
  ].filter((line) => line !== '');
  if (wrong.length === 0) return;
  const { command, stdout, stderr } = result;
  throw new Error([...wrong, `$ ${command}`, `stdout: ${stdout}`, `stderr: ${stderr}`].join('\n'));
}

function matches(text: string, expected: string | RegExp | undefined): boolean {
  if (expected === undefined) return true;
  const clean = text.replaceAll('\r\n', '\n').replace(/\n$/, '');
  return typeof expected === 'string' ? clean === expected : expected.test(clean);
}
