import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { descriptorFlags, isAlive, which } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { invoke, ok, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { type BundleOptions, sandbox } from './support/sandbox.ts';
import { atTerminal, keys, type Session } from './support/terminal.ts';
import { count, pause, until } from './support/wait.ts';

const box = sandbox('foreground');

type AtTerminal = Parameters<typeof atTerminal>[1];

interface Foreground extends Session {
  readonly id: string;
  /** How the terminal was before. */
  readonly modes: string;
}

/** `run` of a container with a terminal, by somebody who sits at one. */
function run(options: BundleOptions, where: AtTerminal = {}): Foreground {
  const id = box.id();
  const bundle = box.bundle({ ...options, patch: { '/process/terminal': true, ...options.patch } });
  const session = atTerminal(['--root', box.root, 'run', '--bundle', bundle, id], where);
  return { ...session, id, modes: session.screen.modes };
}

async function pidOf(id: string): Promise<number> {
  const file = path.join(box.root, id, 'state.json');
  const read = (): number => {
    try {
      const { init_process_pid }: { init_process_pid: number } = JSON.parse(fs.readFileSync(file, 'utf8'));
      return init_process_pid;
    } catch {
      return 0;
    }
  };
  await until(`${id} has a process`, () => read() > 0);
  return read();
}

/** A program that says when it is there, so that what is typed does not come too early. */
const READY = 'echo "re""ady"; ';

describe('a shell', () => {
  test('echoes, answers, has the size of the caller’s terminal, and its status is ours', async () => {
    const { screen, done, modes } = run(
      { script: `${READY}read line; echo "got $line"; stty size; exit 5` },
      { size: { rows: 33, columns: 99 } },
    );
    await screen.shows('ready\r\n');
    expect(screen.isRaw).toBe(true);
    screen.type('word\r');
    await screen.shows('word\r\ngot word\r\n33 99\r\n');
    expect(await done).toBe(5);
    expect(screen.modes).toBe(modes);
    screen.close();
  });

  test('learns of a new size', async () => {
    const { screen, done } = run({ script: `trap "stty size; exit 0" WINCH; ${READY}while :; do sleep 0.05; done` });
    await screen.shows('ready\r\n');
    screen.resize({ rows: 50, columns: 120 });
    await screen.shows('50 120\r\n');
    expect(await done).toBe(0);
    screen.close();
  });

  test('has job control: ^Z stops, fg goes on, ^C interrupts, ^D ends', async () => {
    const { screen, done } = run({ patch: { '/process/args': ['sh', '-i'], '/process/env': [PATH, 'PS1=$ '] } });
    await screen.shows('$ ');
    screen.type(`sh -c '${READY}exec sleep 100'\r`);
    await screen.shows('ready\r\n');
    screen.type(keys.suspend);
    await screen.shows('Stopped');
    screen.type('fg\r');
    await until('it goes on', () => /fg\r\nsh -c .*\r\n$/.test(screen.shown()));
    screen.type(keys.interrupt);
    await screen.shows('^C');
    screen.type('echo sta"tus" $?\r');
    await screen.shows('status 130');
    screen.type(keys.end);
    expect(await done).toBe(0);
    screen.close();
  });
});

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test('a program in raw mode gets every key', async () => {
  const { screen, done } = run({ script: `stty raw -echo; ${READY}dd bs=1 count=4 2>/dev/null | cat -v; echo` });
  await screen.shows('ready');
  screen.type(`${keys.interrupt}${keys.end}${keys.suspend}\r`);
  await screen.shows('^C^D^Z^M');
  expect(await done).toBe(0);
  screen.close();
});

describe('not a byte is lost', () => {
  const MEBIBYTES = count(10, 100);
  const write = `dd if=/dev/zero bs=65536 count=${16 * MEBIBYTES} 2>/dev/null | tr '\\0' x`;

  test('to a file', async () => {
    const file = path.join(box.scratch(), 'out');
    const out = fs.openSync(file, 'w');
    const { screen, done } = run({ script: write }, { stdout: out });
    expect(await done).toBe(0);
    fs.closeSync(out);
    expect(fs.statSync(file).size).toBe(MEBIBYTES << 20);
    screen.close();
  });

  test('to a terminal that reads slowly', async () => {
    const { screen, done } = run({ script: `${write}; echo; echo the end` });
    let ended = false;
    void done.then(() => {
      ended = true;
    });
    for (let round = 0; !ended; round++) {
      screen.take();
      await pause(round % 20 === 0 ? 20 : 0);
    }
    screen.take();
    expect(await done).toBe(0);
    // The terminal adds a carriage return to each of two lines.
    expect(screen.received).toBe((MEBIBYTES << 20) + '\r\nthe end\r\n'.length);
    screen.close();
  });

  test('from a pipe, to a program that reads slowly', async () => {
    // In raw mode first: of a line by line terminal's input the kernel keeps 4 KiB.
    const script = `stty raw -echo; ${READY}head -c ${1 << 20} | (sleep 0.5; wc -c)`;
    const { screen, done, child } = run({ script }, { stdin: 'pipe' });
    await screen.shows('ready');
    child.stdin?.write('x'.repeat(1 << 20));
    await screen.shows('1048576');
    expect(await done).toBe(0);
    screen.close();
  });

  test('although the container has ended', async () => {
    const file = path.join(box.scratch(), 'out');
    const out = fs.openSync(file, 'w');
    for (let round = 0; round < 5; round++) {
      fs.ftruncateSync(out);
      const { screen, done } = run(
        { script: 'dd if=/dev/zero bs=4000 count=1 2>/dev/null | tr "\\0" x; kill -9 $$' },
        { stdout: out },
      );
      await done;
      screen.close();
      expect(fs.readFileSync(file, 'utf8').replaceAll('\0', '').length).toBe(4000);
    }
    fs.closeSync(out);
  });
});

describe('the end of what is typed', () => {
  // runc types nothing, and waits for a container that waits for input.
  testTsrunc.each(['whole line\n', 'half a line', ''])('%j comes to who reads by lines', async (text) => {
    const input = path.join(box.scratch(), 'input');
    fs.writeFileSync(input, text);
    const stdin = fs.openSync(input, 'r');
    const out = fs.openSync(`${input}.out`, 'w');
    const { screen, done } = run({ script: 'stty -echo; cat; echo "<end>"' }, { stdin, stdout: out });
    expect(await done).toBe(0);
    for (const fd of [stdin, out]) fs.closeSync(fd);
    expect(fs.readFileSync(`${input}.out`, 'utf8').replace(`^D\b\b`, '')).toMatch(/<end>\n$/);
    screen.close();
  });
});

test('a terminal that is closed and opened again is shown again', async () => {
  const script =
    'exec </dev/null >/dev/null 2>&1; sleep 0.3; echo later >/dev/console; sleep 0.3; echo again >/dev/console';
  const { screen, done } = run({ script });
  await screen.shows('later\r\n');
  await screen.shows('again\r\n');
  expect(await done).toBe(0);
  screen.close();
});

describe('the caller’s terminal is as it was', () => {
  const waiting = `trap "exit 9" TERM HUP; ${READY}while :; do sleep 0.05; done`;

  test('after the container was killed', async () => {
    const { screen, done, id, modes } = run({ script: waiting });
    await screen.shows('ready');
    expect(screen.modes).not.toBe(modes);
    ok(box.runtime(['kill', id, 'KILL']));
    expect(await done).toBe(137);
    expect(screen.modes).toBe(modes);
    screen.close();
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('after %s, which the container gets', async (signal) => {
    const { screen, done, pid, modes } = run({ script: waiting });
    await screen.shows('ready');
    process.kill(pid, signal);
    expect(await done).toBe(9);
    expect(screen.modes).toBe(modes);
    screen.close();
  });

  test('after a program that cannot be executed', async () => {
    const { screen, done, modes, id } = run({ patch: { '/process/args': ['/nonexistent'] } });
    expect(await done).toBe(1);
    await screen.shows('no such file or directory');
    expect(screen.modes).toBe(modes);
    await box.clean(id);
    screen.close();
  });

  test('after an error while the container runs', async () => {
    const hooks = { poststart: [{ path: which('false') ?? '', args: ['false'] }] };
    const { screen, done, modes } = run({ script: waiting, patch: { '/hooks': hooks } });
    expect(await done).toBe(1);
    expect(screen.modes).toBe(modes);
    screen.close();
  });

  test('and the streams are not non-blocking for others', async () => {
    const { both, read } = fifo();
    const before = descriptorFlags(both);
    const { screen, done } = run({ script: 'echo something' }, { stdout: both });
    await done;
    expect(descriptorFlags(both)).toBe(before);
    for (const fd of [both, read]) fs.closeSync(fd);
    screen.close();
  });
});

describe('a reader', () => {
  const full = 'trap "exit 3" TERM; dd if=/dev/zero bs=65536 2>/dev/null & wait';

  test('that is slow does not keep signals from the container', async () => {
    const { both, read } = fifo();
    const { screen, done, pid, id } = run({ script: full }, { stdout: both });
    const init = await pidOf(id);
    await pause(500);
    process.kill(pid, 'SIGTERM');
    await until('the container has ended', () => !isAlive(init));
    expect(await whileReading(read, done)).toBe(3);
    for (const fd of [both, read]) fs.closeSync(fd);
    screen.close();
  });

  testTsrunc('that reads no more does not keep the runtime after a second signal', async () => {
    const { both, read } = fifo();
    const { screen, done, pid, id } = run({ script: full }, { stdout: both });
    const init = await pidOf(id);
    await pause(500);
    process.kill(pid, 'SIGTERM');
    await until('the container has ended', () => !isAlive(init));
    // Again and again: one that comes before the runtime has noticed the end is still the container's.
    const tired = setInterval(() => process.kill(pid, 'SIGTERM'), 50);
    const status = await done;
    clearInterval(tired);
    expect(status).toBe(3);
    for (const fd of [both, read]) fs.closeSync(fd);
    screen.close();
  });

  testTsrunc('that goes away hangs up on the container', async () => {
    const { screen, done } = run({ script: 'trap "exit 7" HUP; while :; do echo x; done' }, { stdout: brokenPipe() });
    expect(await done).toBe(7);
    screen.close();
  });

  testTsrunc('whose terminal hangs up takes the container along', async () => {
    const { screen, done, id } = run({ script: `trap "exit 7" HUP; ${READY}while :; do sleep 0.05; done` });
    await screen.shows('ready');
    const init = await pidOf(id);
    screen.close();
    expect(await done).toBe(7);
    expect(isAlive(init)).toBe(false);
    await box.clean(id);
  });
});

test('a container with a terminal needs one here', async () => {
  const id = box.id();
  const bundle = box.bundle({ patch: { '/process/terminal': true } });
  const outcome = invoke([RUNTIME, '--root', box.root, 'run', '--bundle', bundle, id], box.io(), {
    runtime: which('setsid') ?? '',
  });
  refused(outcome, /\/dev\/tty/);
  await box.clean(id);
});

describe('streams without a terminal', () => {
  test('can be opened again by the container’s user when they are pipes', () => {
    const patch: Patch = { '/process/user': { uid: 1000, gid: 1000 } };
    const bundle = box.bundle({ script: 'echo by name >/dev/stdout; echo error >/dev/stderr', patch });
    const pipeline = ['-c', '"$@" 2>&1 | cat', 'sh', RUNTIME, '--root', box.root, 'run', '--bundle', bundle, box.id()];
    expect(invoke(pipeline, box.io(), { runtime: '/bin/sh' }).stdout).toBe('by name\nerror\n');
  });

  test('stay the caller’s when they are files', () => {
    const file = path.join(box.scratch(), 'out');
    const fd = fs.openSync(file, 'w');
    ok(
      box.run({
        script: 'echo x',
        patch: { '/process/user': { uid: 1000, gid: 1000 } },
        stdio: ['ignore', fd, 'ignore'],
      }),
    );
    fs.closeSync(fd);
    expect([fs.readFileSync(file, 'utf8'), fs.statSync(file).uid]).toEqual(['x\n', 0]);
  });

  test('are the container user’s after create', () => {
    const file = path.join(box.scratch(), 'out');
    const fd = fs.openSync(file, 'w');
    const patch = { '/process/user': { uid: 1000, gid: 1000 } };
    box.create({ script: 'echo x', patch, stdio: ['ignore', fd, 'ignore'] }).delete();
    fs.closeSync(fd);
    expect(fs.statSync(file).uid).toBe(1000);
  });
});

/** A pipe by name: a descriptor for who writes, which keeps it open, and one to read from without waiting. */
function fifo(): { both: number; read: number } {
  const name = path.join(box.scratch(), 'fifo');
  execFileSync('mkfifo', [name]);
  const both = fs.openSync(name, fs.constants.O_RDWR);
  return { both, read: fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK) };
}

async function whileReading<T>(fd: number, done: Promise<T>): Promise<T> {
  let ended = false;
  void done.then(() => {
    ended = true;
  });
  const piece = Buffer.alloc(1 << 16);
  while (!ended) {
    try {
      fs.readSync(fd, piece);
    } catch {
      // Nothing there at the moment.
    }
    await pause(1);
  }
  return done;
}

/** The writing end of a pipe that nobody reads. */
function brokenPipe(): number {
  const { both, read } = fifo();
  const write = fs.openSync(`/proc/self/fd/${both}`, fs.constants.O_WRONLY);
  for (const fd of [both, read]) fs.closeSync(fd);
  return write;
}
