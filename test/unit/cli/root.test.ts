import type { Context } from '../../../src/cli/context.ts';
import { hostOf } from '../../../src/cli/host.ts';
import { standardErrorLog } from '../../../src/cli/log.ts';
import { prepareRoot, stateRoot } from '../../../src/cli/root.ts';
import { liveMachine } from '../../../src/libcontainer/machine.ts';
import { inMemory, type Machine } from './support.ts';

const xdg = { XDG_RUNTIME_DIR: '/run/user/7' };
const own = { files: { '/run/user/7': null }, owners: { '/run/user/7': 7 } };
const mapped = { '/proc/self/ns/user': 'user:[4026532200]' };

function root(machine: Machine, given?: string): string {
  return stateRoot(inMemory([], machine).engine, given);
}

test.each<[string, Machine, string]>([
  ['root', {}, '/run/tsrunc'],
  ['root with XDG_RUNTIME_DIR, whose containers other tools look for in /run', { env: xdg }, '/run/tsrunc'],
  ['a user', { uid: 7, env: xdg }, '/run/user/7/tsrunc'],
  ['a user without XDG_RUNTIME_DIR', { uid: 7 }, '/run/tsrunc'],
  ['a user with an empty XDG_RUNTIME_DIR', { uid: 7, env: { XDG_RUNTIME_DIR: '' } }, '/run/tsrunc'],
  ['a user with a runtime directory of its own', { uid: 7, ...own }, '/run/user/7/tsrunc'],
  ['a user whose runtime directory is another’s', { uid: 7, ...own, owners: {} }, '/run/tsrunc'],
  ['root of a user namespace', { env: xdg, links: mapped }, '/run/user/7/tsrunc'],
  ['a user who is root of a namespace', { env: { ...xdg, USER: 'joe' }, links: mapped }, '/run/user/7/tsrunc'],
  ['root who is root of a namespace', { env: { ...xdg, USER: 'root' }, links: mapped }, '/run/tsrunc'],
])('The state directory of %s', (_, machine, path) => {
  expect(root(machine)).toBe(path);
});

test.each([
  ['/r', '/r'],
  ['/r/', '/r'],
  ['//a/./b/../c//', '/a/c'],
  ['r', '/work/dir/r'],
  ['./r', '/work/dir/r'],
  ['../r', '/work/r'],
  ['../../../../r', '/r'],
  ['', '/work/dir'],
])('--root %j in /work/dir is %s', (given, path) => {
  expect(root({ cwd: '/work/dir' }, given)).toBe(path);
});

test.each(['/', '//', '/.', '/..', '/a/..', '../..', '../../..'])('--root %j is refused', (given) => {
  expect(() => root({ cwd: '/work/dir' }, given)).toThrow('Option --root argument should not be set to /');
});

describe('Before a container is created', () => {
  function prepare(machine: Machine, given?: string): readonly string[] {
    const { engine: memory, result } = inMemory([], machine);
    const engine = liveMachine(memory);
    const host = hostOf(engine, standardErrorLog(engine), given === undefined ? {} : { root: given });
    const context: Context = { engine, host, rootGiven: given !== undefined, print: () => {}, printError: () => {} };
    prepareRoot(context);
    return result().calls;
  }

  const user: Machine = { uid: 7, env: xdg, files: { '/run/user/7': null } };
  const sticky = ['mkdir /run/user/7/tsrunc 0700', 'chmod /run/user/7/tsrunc 01700'];

  test('the directory below XDG_RUNTIME_DIR is made, with the sticky bit', () => {
    expect(prepare(user)).toEqual(sticky);
  });

  test('one that is there gets the bit', () => {
    expect(prepare({ ...user, files: { ...user.files, '/run/user/7/tsrunc': null } })).toEqual(sticky);
  });

  test("the system's directory and a given one are left alone", () => {
    expect(prepare({})).toEqual([]);
    expect(prepare(user, '/run/user/7/tsrunc')).toEqual([]);
  });

  test('a failure says which variable to look at', () => {
    const error = expect.objectContaining({ hint: 'the path in $XDG_RUNTIME_DIR must be writable by the user' });
    expect(() => prepare({ uid: 7, env: xdg })).toThrow(error);
  });
});
