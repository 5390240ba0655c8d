import { report } from '../../../../src/libcontainer/errors.ts';
import { inContainer, inRuntime } from '../../../../src/libcontainer/hooks/places.ts';
import { runPoststop } from '../../../../src/libcontainer/hooks/poststop.ts';
import type { HookPlace } from '../../../../src/libcontainer/hooks/program.ts';
import { runHooks } from '../../../../src/libcontainer/hooks/run.ts';
import { liveMachine } from '../../../../src/libcontainer/machine.ts';
import { processFacts } from '../../../../src/libcontainer/process.ts';
import type { Hook } from '../../../../src/spec/config.ts';
import { engine, type LiveStub, liveStub, local } from '../../syscalls/support.ts';
import { inScratch } from '../../syscalls/tools.ts';

const warnings: string[] = [];
const log = { step: () => undefined, debug: () => undefined, warn: (message: string) => void warnings.push(message) };
const machine = { engine: liveMachine(engine), kernel: local, log };
const ENV = ['PATH=/usr/bin:/bin'];

let init: LiveStub;
beforeEach(() => {
  init = liveStub();
  warnings.length = 0;
});
afterEach(() => {
  init.end();
});

function sh(script: string, more: Partial<Hook> = {}): Hook {
  return { path: '/bin/sh', args: ['sh', '-c', script], env: ENV, ...more };
}

/** Neither gone nor a zombie that nobody has waited for. */
function isAlive(pid: number): boolean {
  const state = processFacts(engine, pid)?.state ?? 'X';
  return state !== 'Z' && state !== 'X';
}

/** The two ways by which a hook comes to be. A stub of this process stands for the container's init. */
const places: readonly [string, (use: (place: HookPlace) => void) => void][] = [
  ['a child of the runtime', (use) => inRuntime(machine, { bundle: '/tmp', state: '{}' }, use)],
  [
    'a child of init',
    (use) => use(inContainer(machine, init, { state: '{}', env: ['OWN=1'], prepare: () => undefined })),
  ],
];

describe.each(places)('%s', (_, at) => {
  function failure(...hooks: readonly Hook[]): string {
    try {
      at((place) => runHooks('createRuntime', hooks, place));
    } catch (error) {
      return report(error).message;
    }
    return 'none';
  }

  test('runs with the arguments, the environment, the input and the descriptors that are its own', () => {
    const said = inScratch((directory) => {
      const file = `${directory}/out`;
      const script = `{ tr '\\0' '\\n' < /proc/$$/cmdline | head -1; echo "$0 $1"; cat; echo; env; ls /proc/self/fd; } > ${file}`;
      expect(
        failure({ path: '/bin/sh', args: ['odd name', '-c', script, 'zero', 'one'], env: [...ENV, 'ONLY=this'] }),
      ).toBe('none');
      return engine.decode(engine.files.read(file)).trim().split('\n');
    });
    expect(said.slice(0, 3)).toEqual(['odd name', 'zero one', '{}']);
    expect(said).toContain('ONLY=this');
    // 3 is the directory that ls reads.
    expect(said.slice(said.lastIndexOf('0'))).toEqual(['0', '1', '2', '3']);
    expect(said.filter((line) => /^(HOME|OWN)=/.test(line))).toEqual([]);
  });

  test('an exit status is a failure that names the hook, and those behind it do not run', () => {
    inScratch((directory) => {
      const second = sh('echo wrong; echo because >&2; exit 3');
      expect(failure(sh('exit 0'), second, sh(`touch ${directory}/ran`))).toBe(
        'error running createRuntime hook #1: exit status 3, stdout: wrong, stderr: because',
      );
      expect(engine.files.readdir(directory)).toEqual([]);
    });
  });

  test('the message is one line, also for a hook that writes many', () => {
    expect(failure(sh('printf "a\\nb\\tc\\n"; exit 1'))).toBe(
      'error running createRuntime hook #0: exit status 1, stdout: a\\nb\\tc, stderr: ',
    );
  });

  test('a signal is a failure that names it', () => {
    expect(failure(sh('kill -TERM $$'))).toContain('hook #0: signal: SIGTERM, stdout: ');
  });

  test('an executable that is missing, or is none, is told by its path and why', () => {
    expect(failure({ path: '/nonexistent' })).toBe(
      'error running createRuntime hook #0: execve "/nonexistent": no such file or directory',
    );
    expect(failure({ path: '/etc/passwd' })).toMatch(
      /hook #0: execve "\/etc\/passwd": permission denied \(it has no execute permission, its mode is 0644\)/,
    );
  });

  test('a script whose first line ends as on Windows is recognised', () => {
    inScratch((directory) => {
      const path = `${directory}/hook`;
      const fd = engine.files.open(path, ['O_WRONLY', 'O_CREAT'], 0o755);
      engine.files.write(fd, engine.encode('#!/bin/sh\r\nexit 0\r\n'));
      engine.files.close(fd);
      expect(failure({ path })).toContain('CRLF');
    });
  });

  test('a hook that takes longer than its timeout is killed with those it started', () => {
    const before = engine.monotonic();
    inScratch((directory) => {
      const script = `sleep 60 & echo $! > ${directory}/pid; echo here; wait`;
      expect(failure(sh(script, { timeout: 1 }))).toBe(
        'error running createRuntime hook #0: hook ran past specified timeout of 1.0s, stdout: here, stderr: ',
      );
      const pid = Number(engine.decode(engine.files.read(`${directory}/pid`)));
      while (isAlive(pid) && engine.monotonic() - before < 2_500_000_000n);
      expect(isAlive(pid)).toBe(false);
    });
    expect(engine.monotonic() - before).toBeLessThan(3_000_000_000n);
  });

  test('a megabyte on both streams does not block it', () => {
    const script = 'head -c 1000000 /dev/zero | tr "\\0" x; head -c 1000000 /dev/zero | tr "\\0" y >&2; exit 1';
    expect(failure(sh(script, { timeout: 20 }))).toMatch(/exit status 1, stdout: …x{2000,}, stderr: …y{2000,}$/);
  });

  test('a process that it leaves behind with its streams is not waited for', () => {
    const before = engine.monotonic();
    expect(failure(sh('sleep 2 & exit 0'))).toBe('none');
    expect(engine.monotonic() - before).toBeLessThan(1_500_000_000n);
  });

  test('it leads a session of its own and can open its streams by name', () => {
    expect(failure(sh('test "$(cut -d" " -f6 /proc/$$/stat)" = $$ && echo x > /dev/stderr'))).toBe('none');
  });

  test('nothing of it stays open here', () => {
    const open = (): string[] => engine.files.readdir('/proc/self/fd');
    expect(failure({ path: '/nonexistent' })).not.toBe('none');
    const before = open().length;
    failure({ path: '/nonexistent' }, sh('exit 0'));
    failure(sh('exit 1'));
    expect(open()).toHaveLength(before);
  });
});

test('a hook in the container that brings no environment has the one of the place', () => {
  const place = inContainer(machine, init, { state: '{}', env: ['OWN=1'], prepare: () => undefined });
  const check = { path: '/bin/sh', args: ['sh', '-c', 'test "$OWN" = 1'] };
  expect(() => runHooks('startContainer', [check], place)).not.toThrow();
  expect(() => runHooks('startContainer', [{ ...check, env: [] }], place)).toThrow('exit status 1');
});

test('init goes on after its hooks, without a child, a descriptor or a zombie more', () => {
  const descriptors = (): number => engine.files.readdir(`/proc/${init.pid}/fd`).length;
  const children = (): string => engine.decode(engine.files.read(`/proc/${init.pid}/task/${init.pid}/children`));
  // The spawn is over when the old memory is gone; close-on-exec comes after that. A stub that answers is past it.
  init.kernel.value(init.kernel.calls.getpid());
  const before = descriptors();
  const place = inContainer(machine, init, { state: '{}', env: ENV, prepare: () => undefined });
  runHooks('createContainer', [sh('exit 0'), sh('exit 0')], place);
  expect(() => runHooks('createContainer', [sh('exit 1'), sh('exit 0')], place)).toThrow();
  expect(() => runHooks('createContainer', [{ path: '/nonexistent' }], place)).toThrow();
  init.kernel.flush();
  expect([descriptors(), children()]).toEqual([before, '']);
});

test('poststop hooks all run, and a failure is a warning', () => {
  inScratch((directory) => {
    const subject = { ociVersion: '1.3.0', id: 'c', bundle: '/nonexistent' };
    runPoststop(machine, subject, [sh('exit 7'), sh(`cat > ${directory}/state`)]);
    expect(warnings).toEqual(['error running poststop hook #0: exit status 7, stdout: , stderr: ']);
    expect(JSON.parse(engine.decode(engine.files.read(`${directory}/state`)))).toEqual({
      ...subject,
      status: 'stopped',
    });
  });
});
