import * as fs from 'node:fs';
import { SyscallError } from '../../../src/engine/errors.ts';
import { ContainerError } from '../../../src/libcontainer/errors.ts';
import { CACHE_PREFIX, isId, StateDirectory } from '../../../src/libcontainer/store.ts';
import { localKernel } from '../../../src/syscalls/local-port.ts';
import { RecordPort } from '../../../src/syscalls/ports/record-port.ts';
import { engine } from '../syscalls/support.ts';
import { inScratch } from '../syscalls/tools.ts';

/** A kernel that takes every lock. */
const willing = localKernel(new RecordPort('runtime'));

test.each(['', '.', '..', '../x', 'x/..', '/', 'a\nb', 'ä', `${CACHE_PREFIX}seccomp`])(
  'a directory that %j would lead to is nobody’s container, though it is there',
  (id) => {
    inScratch((scratch) => {
      fs.mkdirSync(`${scratch}/root/${CACHE_PREFIX}seccomp`, { recursive: true });
      fs.mkdirSync(`${scratch}/x`);
      expect(() => StateDirectory.open(engine, `${scratch}/root`, id)).toThrow(ContainerError);
      expect(() => StateDirectory.open(engine, `${scratch}/root`, id)).toThrow(
        /container id cannot be empty|invalid container ID/,
      );
    });
  },
);

test('what clients call their containers is an ID', () => {
  const ids = ['a', 'A_b+c.d-e', '.hidden', '...', '0'.repeat(64)];
  expect(ids.filter(isId)).toEqual(ids);
});

test('a container’s directory knows the root that it lies in', () => {
  inScratch((scratch) => {
    const state = StateDirectory.reserve(engine, `${scratch}/a/b`, 'c1');
    expect([state.root, state.path]).toEqual([`${scratch}/a/b`, `${scratch}/a/b/c1`]);
    expect(StateDirectory.open(engine, `${scratch}/a/b`, 'c1').path).toBe(state.path);
  });
});

test('an ID that is given back is free again, unless something was written', () => {
  inScratch((scratch) => {
    const state = StateDirectory.reserve(engine, scratch, 'c1');
    state.giveBack();
    expect(state.exists()).toBe(false);
    StateDirectory.reserve(engine, scratch, 'c1');
    fs.writeFileSync(`${state.path}/config.json`, '{}');
    state.giveBack();
    expect(state.exists()).toBe(true);
  });
});

test('what was done under the lock is done, whatever the close of the lock says', () => {
  inScratch((scratch) => {
    StateDirectory.reserve(engine, scratch, 'c1');
    const close = (): never => {
      throw new SyscallError('close', ['3'], 5, 'EIO');
    };
    const state = StateDirectory.open({ ...engine, files: { ...engine.files, close } }, scratch, 'c1');
    expect(state.locked(willing, () => 'done')).toBe('done');
  });
});
