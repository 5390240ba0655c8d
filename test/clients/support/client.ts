import type { Criu } from '../../integration/checkpoint/real-criu.ts';
import { World } from './world.ts';

export interface Client {
  readonly name: string;
  /** Without these its checks are skipped, by name. */
  readonly programs: readonly string[];
  /** Starts daemons and imports the image. */
  open(world: World): Promise<void>;
  /** Shell that every check begins with. */
  readonly prelude: string;
  /** Takes away what a check has left, so that the next one does not see it. */
  readonly reset: string;
}

/**
 * The world of a client for the tests of a file: there before the first, gone after the last. Where the client is not
 * installed there is none, and a test that is skipped says so.
 */
export function worldOf(client: Client, criu?: Criu): World | undefined {
  const missing = World.lacks(client.programs);
  if (missing.length > 0) {
    test.skip(`${client.name}: not installed: ${missing.join(', ')}`, () => {});
    return undefined;
  }
  jest.setTimeout(600_000);
  const world = new World(criu);
  beforeAll(async () => {
    await world.open();
    await client.open(world);
  });
  afterAll(() => world.close());
  return world;
}
