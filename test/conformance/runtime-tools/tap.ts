/** What a program of the suite says in the Test Anything Protocol, as far as these programs use it. */
export interface Tap {
  readonly passed: number;
  /** Descriptions of the lines that begin with `not ok`. */
  readonly failed: readonly string[];
  readonly skipped: number;
  /** The number of tests that the plan promises; undefined without a plan. */
  readonly plan: number | undefined;
  /** Diagnostics before the first test. Some programs report a failure by nothing else. */
  readonly complaints: readonly string[];
}

export function parseTap(text: string): Tap {
  const lines = text.split('\n');
  const tests = lines.flatMap((line, at) => {
    const [, not, description = '', skip] = /^(not )?ok\b(?: \d+)?(?: - )?(.*?)(# *skip.*)?$/i.exec(line) ?? [];
    return line.startsWith('ok') || not ? [{ at, ok: !not, skipped: skip !== undefined, description }] : [];
  });
  const plan = lines.map((line) => /^1\.\.(\d+)/.exec(line)?.[1]).find((count) => count !== undefined);
  return {
    passed: tests.filter(({ ok, skipped }) => ok && !skipped).length,
    failed: tests.filter(({ ok }) => !ok).map(({ description }) => description),
    skipped: tests.filter(({ ok, skipped }) => ok && skipped).length,
    plan: plan === undefined ? undefined : Number(plan),
    complaints: lines.slice(0, tests[0]?.at).flatMap(complaint),
  };
}

function complaint(line: string): string[] {
  const [, text] = /^\s+"error": (".*"),?$/.exec(line) ?? [];
  return text === undefined ? [] : [String(JSON.parse(text))];
}

export interface Ended {
  readonly output: string;
  readonly errors: string;
  /** Null if it had to be killed. */
  readonly status: number | null;
}

export type Verdict = { readonly passed: true; readonly skipped: boolean } | { readonly passed: false; why: string };

/** A program passes if it ends with status 0, nothing in its output is a failure, and the plan was kept. */
export function verdict({ output, errors, status }: Ended): Verdict {
  const tap = parseTap(output);
  const count = tap.passed + tap.failed.length + tap.skipped;
  const why =
    first(tap.failed) ??
    first(tap.complaints) ??
    (status === null ? 'was killed: it took too long' : undefined) ??
    (status === 0 ? undefined : (lastLine(errors) ?? `ended with status ${status}`)) ??
    (tap.plan !== undefined && tap.plan !== count ? `planned ${tap.plan} tests, and there were ${count}` : undefined);
  if (why !== undefined) return { passed: false, why };
  return { passed: true, skipped: tap.skipped > 0 && tap.passed === 0 };
}

function first([text, ...others]: readonly string[]): string | undefined {
  const line = text?.split('\n')[0] || text;
  return others.length === 0 ? line : `${line} (and ${others.length} more)`;
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}
