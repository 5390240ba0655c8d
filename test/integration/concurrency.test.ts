import { statusField } from './support/host.ts';
import { type Outcome, ok, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('concurrency');
const SLEEP = { script: 'exec sleep 100' };

test('fifty creates at once all succeed, with fifty inits', async () => {
  const bundle = box.bundle(SLEEP);
  const ids = Array.from({ length: 50 }, () => box.id());
  const outcomes = await Promise.all(ids.map((id) => box.begin(['create', '--bundle', bundle, id]).done));
  outcomes.forEach(ok);
  const listed: { id: string; pid: number; status: string }[] = JSON.parse(
    ok(box.runtime(['list', '-f', 'json'])).stdout,
  );
  const ours = listed.filter((state) => ids.includes(state.id));
  expect(ours.map((state) => state.status)).toEqual(ids.map(() => 'created'));
  expect(new Set(ours.map((state) => state.pid)).size).toBe(50);
  const starts = await Promise.all(ids.map((id) => box.begin(['start', id]).done));
  starts.forEach(ok);
  const deletes = await Promise.all(ids.map((id) => box.begin(['delete', '--force', id]).done));
  deletes.forEach(ok);
  await Promise.all(ids.map((id) => box.clean(id)));
});

test('of twenty creates of one ID at once exactly one succeeds, and its container works', async () => {
  const bundle = box.bundle({ script: 'echo once' });
  const id = box.id();
  const outcomes = await Promise.all(twenty(() => box.begin(['create', '--bundle', bundle, id]).done));
  const winner = onlyOne(outcomes, /container with given ID already exists/);
  ok(box.runtime(['start', id]));
  await waitForText(winner, 'once\n');
  ok(box.runtime(['delete', '--force', id]));
  await box.clean(id);
});

test('of twenty starts of one container at once exactly one succeeds, and its process runs once', async () => {
  const container = box.create({ script: 'echo once; exec sleep 100' });
  const outcomes = await Promise.all(twenty(() => box.begin(['start', container.id]).done));
  onlyOne(outcomes, /cannot start an already running container|container process is already dead|already/);
  await waitForText(container.created, 'once\n');
  expect(statusField(container.pid, 'State')).not.toMatch(/^Z/);
});

test('twenty deletes of one container leave nothing and do not complain of each other’s work', async () => {
  const container = box.create(SLEEP).start();
  const outcomes = await Promise.all(twenty(() => box.begin(['delete', '--force', container.id]).done));
  expect(outcomes.filter((outcome) => outcome.status === 0).length).toBeGreaterThan(0);
  for (const { status, stderr } of outcomes) {
    if (status !== 0) expect(stderr).toMatch(/does not exist|no such file|not empty/);
  }
  await box.clean(container.id);
});

test('state and list never fail while containers come and go', async () => {
  const bundle = box.bundle(SLEEP);
  const churn = twenty(async () => {
    const id = box.id();
    ok(await box.begin(['create', '--bundle', bundle, id]).done);
    return box.begin(['delete', '--force', id]).done;
  });
  const lists = await Promise.all(twenty(() => box.begin(['list', '--quiet']).done));
  (await Promise.all(churn)).forEach(ok);
  lists.forEach(ok);
});

test('a container that is deleted and made again under its name is another one', async () => {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  const pids: number[] = [];
  for (let i = 0; i < 5; i++) {
    const container = box.create({ bundle, id });
    pids.push(container.pid);
    container.delete();
  }
  expect(new Set(pids).size).toBe(5);
  await box.clean(id);
});

function twenty<T>(make: () => T): T[] {
  return Array.from({ length: 20 }, make);
}

/** All but one have failed for the reason given; gives the one. */
function onlyOne(outcomes: readonly Outcome[], reason: RegExp): Outcome {
  const winners = outcomes.filter((outcome) => outcome.status === 0);
  const others = outcomes.filter((outcome) => outcome.status !== 0);
  const [winner] = winners;
  const strange = others.find((outcome) => outcome.status !== 1 || !reason.test(outcome.stderr));
  if (winner === undefined || winners.length > 1)
    throw new Error(`${winners.length} succeeded\n${outcomes.map(transcript).join('\n')}`);
  if (strange !== undefined) throw new Error(`failed for another reason\n${transcript(strange)}`);
  return winner;
}

async function waitForText(outcome: Outcome, text: string): Promise<void> {
  const end = Date.now() + 5000;
  while (outcome.later() !== text && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(outcome.later()).toBe(text);
}
