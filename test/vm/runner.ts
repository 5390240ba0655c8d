import * as fs from 'node:fs';
import { format } from 'node:util';
import { expect } from 'expect';

/**
 * The part of jest that the guest's tests use, without its ten seconds of start there. Loading this module makes the
 * globals; {@link main} lists or runs what has been declared since.
 */
export interface GuestTest {
  readonly name: string;
  readonly skipped: boolean;
}

/** A line of the results. One without a test's name is about a whole block. */
export interface GuestResult {
  readonly name: string;
  readonly seconds: number;
  readonly error?: string;
}

type Body = () => unknown;

interface Case extends GuestTest {
  readonly body: Body;
}

interface Block {
  readonly name: string;
  readonly children: (Block | Case)[];
  readonly hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Body[]>;
}

const top = block('');
let current = top;

/** With `--list` prints the tests as JSON; else runs them, and writes a line for each to the file that it is told. */
export async function main(): Promise<void> {
  const [target = ''] = process.argv.slice(2);
  if (target === '--list') {
    process.stdout.write(JSON.stringify(cases(top).map(({ name, skipped }) => ({ name, skipped }))));
    return;
  }
  const only = new RegExp(process.env['ONLY'] ?? '');
  await runBlock(top, [], only, (result) => {
    console.log(`${result.error === undefined ? 'ok' : 'FAILED'} ${result.name} (${result.seconds} s)`);
    fs.appendFileSync(target, `${JSON.stringify(result)}\n`);
  });
  fs.appendFileSync(target, `${JSON.stringify({ name: 'end', seconds: 0 })}\n`);
}

async function runBlock(
  { name, children, hooks }: Block,
  around: readonly Block['hooks'][],
  only: RegExp,
  report: (result: GuestResult) => void,
): Promise<void> {
  if (!children.some((child) => cases(child).some((test) => isChosen(test, only)))) return;
  const inner = [...around, hooks];
  const opened = await timed(`beforeAll of ${name}`, hooks.beforeAll);
  if (opened.error !== undefined) report(opened);
  else {
    for (const child of children) {
      if ('children' in child) await runBlock(child, inner, only, report);
      else if (isChosen(child, only)) report(await timed(child.name, surrounded(child.body, inner)));
    }
  }
  const closed = await timed(`afterAll of ${name}`, hooks.afterAll);
  if (closed.error !== undefined) report(closed);
}

function isChosen({ name, skipped }: GuestTest, only: RegExp): boolean {
  return !skipped && only.test(name);
}

function surrounded(body: Body, around: readonly Block['hooks'][]): Body[] {
  const outermostLast = [...around].reverse();
  return [
    ...around.flatMap(({ beforeEach }) => beforeEach),
    body,
    ...outermostLast.flatMap(({ afterEach }) => afterEach),
  ];
}

/** Every body is run, whatever the one before met: the last ones clean up. */
async function timed(name: string, bodies: readonly Body[]): Promise<GuestResult> {
  const begin = Date.now();
  const errors: string[] = [];
  for (const body of bodies) {
    try {
      await body();
    } catch (error) {
      errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  const seconds = (Date.now() - begin) / 1000;
  return { name, seconds, ...(errors.length > 0 && { error: errors.join('\n') }) };
}

function cases(node: Block | Case): Case[] {
  return 'children' in node ? node.children.flatMap(cases) : [node];
}

function block(name: string): Block {
  return { name, children: [], hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] } };
}

function describe(name: string, declare: Body): void {
  const outer = current;
  current = block(named(name));
  outer.children.push(current);
  try {
    declare();
  } finally {
    current = outer;
  }
}

function declare(name: string, body: Body, skipped: boolean): void {
  current.children.push({ name: named(name), body, skipped });
}

function named(name: string): string {
  return current.name === '' ? name : `${current.name} ${name}`;
}

const test = Object.assign(declarer(false), { skip: declarer(true) });

/** What declares a test, or with `each` one for every row of a table. */
function declarer(skipped: boolean) {
  return Object.assign((name: string, body: Body) => declare(name, body, skipped), {
    each: (rows: readonly unknown[]) => (name: string, body: (...row: unknown[]) => unknown) => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        const used = values.slice(0, name.split('%').length - 1);
        declare(format(name.replaceAll('%p', '%j'), ...used), () => body(...values), skipped);
      }
    },
  });
}

const hook = (kind: keyof Block['hooks']) => (body: Body) => void current.hooks[kind].push(body);

Object.assign(globalThis, {
  describe,
  test,
  expect,
  beforeAll: hook('beforeAll'),
  afterAll: hook('afterAll'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
  // The machine as a whole has a time limit.
  jest: { setTimeout: () => {} },
});
