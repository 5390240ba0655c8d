import { KERNEL, TestMachine } from './boot.ts';

/** Until the machine is ended from outside. */
const SECONDS = 300;

/** Every test of test/vm/guest as a test here. The machine is booted once for all of them. */
if (KERNEL === undefined) {
  test.skip('a machine with cgroup v2: needs linux.uml, of the package user-mode-linux', () => {});
} else {
  const machine = new TestMachine();

  beforeAll(() => machine.run(process.env['VM_TESTS'] ?? '', SECONDS), (SECONDS + 20) * 1000);
  afterAll(() => machine.discard());

  for (const { name, skipped } of machine.tests) (skipped ? test.skip : test)(name, () => machine.demand(name));
  test('the machine ran to its end and left nothing behind', () => machine.demandEnd());
}
