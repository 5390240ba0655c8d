import { count } from '../integration/support/wait.ts';
import { KERNEL, TestMachine } from './boot.ts';

/** Until the machine is ended from outside. */
const SECONDS = count(900, 2400);
const ONLY = process.env['VM_TESTS'] ?? '';

/** Every test of test/vm/guest as a test here. The machine is booted once for all of them. */
if (KERNEL === undefined) {
  test.skip('a machine with cgroup v2: needs linux.uml, of the package user-mode-linux', () => {});
} else {
  const machine = new TestMachine();

  beforeAll(() => machine.run(ONLY, SECONDS), (SECONDS + 20) * 1000);
  afterAll(() => machine.discard());

  for (const { name, skipped } of machine.tests) {
    const chosen = !skipped && new RegExp(ONLY).test(name);
    (chosen ? test : test.skip)(name, () => machine.demand(name));
  }
  test('the machine ran to its end and left nothing behind', () => machine.demandEnd());
}
