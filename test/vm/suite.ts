import { count } from '../integration/support/wait.ts';
import { TestMachine } from './boot.ts';
import { KERNEL } from './kernel.ts';

/** Until the machine is ended from outside. */
const SECONDS = count(900, 2400);
const ONLY = process.env['VM_TESTS'] ?? '';

/** Every test of a folder of the guest's as a test here. The machine is booted once for all of them. */
export function guestSuite(folder: string, parameters: readonly string[] = []): void {
  if (KERNEL === undefined) {
    test.skip('a machine with cgroup v2: needs linux.uml, of the package user-mode-linux', () => {});
    return;
  }
  const machine = new TestMachine(folder, parameters);
  const chosen = machine.tests.filter(({ name, skipped }) => !skipped && new RegExp(ONLY).test(name));

  beforeAll(() => (chosen.length > 0 ? machine.run(ONLY, SECONDS) : undefined), (SECONDS + 20) * 1000);
  afterAll(() => machine.discard());

  for (const guestTest of machine.tests) {
    const { name } = guestTest;
    (chosen.includes(guestTest) ? test : test.skip)(name, () => machine.demand(name));
  }
  (chosen.length > 0 ? test : test.skip)('the machine ran to its end and left nothing behind', () =>
    machine.demandEnd(),
  );
}
