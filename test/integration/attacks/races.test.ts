import * as path from 'node:path';
import type { Outcome } from '../support/runtime.ts';
import { sandbox } from '../support/sandbox.ts';
import { count } from '../support/wait.ts';
import { type Arena, arena, arm, expectStayedInside, sentinels } from './arena.ts';
import { RACES, type Race } from './races.ts';
import { type Pair, swapper } from './swapper.ts';

const box = sandbox('races');

const SECONDS = count(2, 20);

test.each(RACES.map((race) => [race.name, race] as const))('%s', async (_, race) => {
  const place = arena(box);
  const pairs = race.prepare(place).map(([one, other]): Pair => [inBundle(place, one), inBundle(place, other)]);
  arm(box, place, race.script ?? 'find /srv /dev /etc -maxdepth 2; cat /srv/data/*', race.patch?.(place));
  const before = sentinels(box, place);
  const attacker = await swapper(box.dir, pairs);
  try {
    const end = Date.now() + SECONDS * 1000;
    do {
      expectStayedInside(attempt(race, place), race.says, race.dies);
    } while (Date.now() < end);
  } finally {
    await attacker.stop();
  }
  expect(sentinels(box, place)).toEqual(before);
  await box.clean();
});

function attempt(race: Race, place: Arena): Outcome {
  const caller = race.caller?.(place);
  return box.runtime(['run', '--bundle', place.bundle, box.id()], { ...(caller !== undefined && { caller }) });
}

function inBundle({ bundle }: Arena, name: string): string {
  return path.join(bundle, name);
}
