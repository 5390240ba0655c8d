import { cloneStub, stubProcess } from '../../../../src/libcontainer/init/stub-process.ts';
import { RecordPort } from '../../../../src/syscalls/ports/record-port.ts';
import type { RecordedCall } from '../../../../src/syscalls/ports/recording.ts';

const CONTROL = { ours: 7, theirs: 8 };
const EPERM = -1;

test.each([
  ['born before a later call of the batch failed is ended, and waited for', 'close', ['kill(1001, 9)', 'wait4(1001']],
  ['that was never born is not', 'clone3', []],
])('A stub %s', (_, failing, expected) => {
  const calls: RecordedCall[] = [];
  const machine = {
    ports: {
      local: () => new RecordPort('runtime', calls),
      remote: (process: string, socket: number, control: number) =>
        new RecordPort(process, [], {
          ...{ socket, control, pid: 1000 },
          answer: ({ call }) => (call.name === failing ? EPERM : undefined),
        }),
    },
  };
  const parent = stubProcess(machine, 'builder', 1000, 3, 4);
  expect(() => cloneStub(machine, 'init', parent, CONTROL, { flags: [] })).toThrow(failing);
  const words = calls.map(({ syscall, args }) => `${syscall}(${args.join(', ')})`);
  expect(words).toEqual(expected.map((start) => expect.stringContaining(start)));
});
