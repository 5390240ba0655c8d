import * as fs from 'node:fs';
import * as path from 'node:path';
import { callers } from './callers/callers.ts';
import type { Place, Step } from './callers/step.ts';
import { begin, invoke, type Outcome, ok, RUNTIME, type RunOptions, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { Receiver } from './support/terminal.ts';
import { until } from './support/wait.ts';

/** What engines type, word by word, and what they read of the answer. test/clients has those engines that there are. */
const box = sandbox('callers');

const READS = 'test -t 0 && read line && echo "read: $line"';
const PROCESS = { terminal: false, user: { uid: 0, gid: 0 }, env: ['PATH=/bin'], cwd: '/' };

test.each(Object.entries(callers))('%s', async (_, steps) => {
  const dir = box.scratch();
  const place = {
    ...{ id: box.id(), root: box.root, bundle: box.bundle({ script: 'exec sleep 100' }), dir },
    console: new Receiver(path.join(dir, 'console')),
  };
  write(place, 'process.json', { ...PROCESS, args: ['sh', '-c', 'echo from exec; exit 5'] });
  write(place, 'terminal.json', { ...PROCESS, terminal: true, args: ['sh', '-c', READS] });
  const words = { ...place, console: place.console.path, reads: READS, exits: 'exit 3', terminal: withTerminal() };
  const ends: Promise<void>[] = [];
  for (const step of steps) {
    const argv = step.line.split(' ').map((word) => filled(word, words));
    if (step.until === undefined) await ended(step, place, invoke(argv, box.io(), caller(step, place)));
    else {
      ends.push(begin(argv, box.io(), caller(step, place)).done.then((outcome) => ended(step, place, outcome)));
      const file = path.join(dir, step.until);
      await until('the PID file is there', () => fs.existsSync(file));
    }
  }
  await Promise.all(ends);
  place.console.close();
});

/** Docker's runtimeArgs: a script in front of the runtime. */
test('behind a script that puts words in front', () => {
  const script = path.join(box.scratch(), 'tsrunc');
  fs.writeFileSync(script, `#!/bin/sh\nexec ${RUNTIME} --debug "$@"\n`, { mode: 0o755 });
  expect(JSON.parse(ok(box.runtime(['list', '--format', 'json'], { runtime: script })).stdout)).toBeDefined();
});

function withTerminal(): string {
  return box.bundle({ script: READS, patch: { '/process/terminal': true } });
}

function write({ dir }: Place, name: string, content: object): void {
  fs.writeFileSync(path.join(dir, name), JSON.stringify(content));
}

function filled(word: string, values: Readonly<Record<string, string>>): string {
  return word.replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces);
}

/** With what it has in its environment, which is next to nothing. */
function caller({ env, input = '' }: Step, { dir }: Place): RunOptions {
  fs.writeFileSync(path.join(dir, 'input'), input);
  return { env: env ?? { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, caller: `exec < ${dir}/input` };
}

async function ended({ status = 0, reads }: Step, place: Place, outcome: Outcome): Promise<void> {
  if (outcome.status !== status) throw new Error(`expected exit status ${status}\n${transcript(outcome)}`);
  await reads?.(outcome, place);
}
