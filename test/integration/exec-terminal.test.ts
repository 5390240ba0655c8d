import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Container } from './support/container.ts';
import { isAlive, slurp } from './support/host.ts';
import type { Json } from './support/json.ts';
import { type Outcome, ok, testTsrunc, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { atTerminal, keys, Receiver, Screen } from './support/terminal.ts';
import { until } from './support/wait.ts';

const box = sandbox('exec-terminal');

let container: Container;
beforeAll(() => {
  container = box.create({ script: 'exec sleep 1000' }).start();
});

const LOOK = 'tty; stat -c "%t:%T %u:%g %a" "$(tty)"; stty -a; echo done';

function processFile(members: { [member: string]: Json }): string {
  const file = path.join(box.scratch(), 'process.json');
  const process = { user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], args: ['sh', '-c', LOOK] };
  fs.writeFileSync(file, JSON.stringify({ ...process, ...members }));
  return file;
}

/** Detached, with a console socket; the terminal that arrived there. */
function detached(...words: string[]): Screen {
  const receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
  ok(container.call(['exec', '--detach', '--console-socket', receiver.path, ...words]));
  const { text, fd, ended } = receiver.take();
  receiver.close();
  expect([text, ended]).toEqual(['/dev/ptmx', true]);
  return new Screen(fd);
}

/** Exit status 255 and one line. */
function refused(outcome: Outcome, text: string): void {
  const lines = outcome.stderr.split('\n').filter((line) => line !== '');
  if (outcome.status !== 255 || lines.length !== 1 || !outcome.stderr.includes(text)) {
    throw new Error(`expected exit status 255 and one line with ${text}\n${transcript(outcome)}`);
  }
}

describe('a console socket', () => {
  test('gets the terminal of a process that is run with --tty', async () => {
    const screen = detached('--tty', container.id, 'sh', '-c', 'read line; echo "got $line"');
    screen.type('word\n');
    await screen.shows('word\r\ngot word\r\n');
    screen.close();
  });

  test('gets the terminal of a process file, of its size and its user', async () => {
    const file = processFile({
      terminal: true,
      consoleSize: { height: 21, width: 77 },
      user: { uid: 1000, gid: 1000 },
    });
    const screen = detached('--process', file, container.id);
    await screen.shows('done');
    expect(screen.shown()).toMatch(/^\/dev\/pts\/\d+\r\n88:\d+ 1000:5 620\r\n/);
    expect(screen.shown()).toContain('rows 21; columns 77');
    screen.close();
  });

  test('is refused without a terminal, and a terminal without it', () => {
    const says = 'cannot use console socket if runc will not detach or allocate tty';
    refused(container.call(['exec', '--console-socket', '/s', container.id, 'true']), says);
    refused(container.call(['exec', '-d', '--console-socket', '/s', container.id, 'true']), says);
    refused(container.call(['exec', '-t', '--console-socket', '/s', container.id, 'true']), says);
    refused(
      container.call(['exec', '-d', '-t', container.id, 'true']),
      'cannot allocate tty if runc will detach without setting console socket',
    );
  });

  test('that is not there leaves no process', async () => {
    const outcome = container.call([
      'exec',
      '-d',
      '-t',
      '--console-socket',
      '/nonexistent/s',
      container.id,
      'sleep',
      '77',
    ]);
    refused(outcome, 'no such file or directory');
  });
});

describe('in the foreground', () => {
  const at = (...words: string[]) =>
    atTerminal(['--root', box.root, 'exec', ...words], { size: { rows: 31, columns: 91 } });

  test('a shell echoes, has our size, gets ^C, and its status is ours', async () => {
    const modes = 'trap "echo interrupted; exit 6" INT; stty size; echo "re""ady"; while :; do sleep 0.05; done';
    const { screen, done } = at('-t', container.id, 'sh', '-c', modes);
    const before = screen.modes;
    await screen.shows('31 91\r\nready\r\n');
    expect(screen.isRaw).toBe(true);
    screen.type(keys.interrupt);
    await screen.shows('interrupted');
    expect(await done).toBe(6);
    expect(screen.modes).toBe(before);
    screen.close();
  });

  test('is the controlling terminal of a session of its own', async () => {
    const { screen, done } = at(
      '-t',
      container.id,
      'sh',
      '-c',
      'read a b c d e session tty rest < /proc/self/stat; echo "$session $tty"; echo hello >/dev/tty',
    );
    expect(await done).toBe(0);
    await screen.shows('hello');
    const [, major] = /^\d+ (\d+)\r\n/.exec(screen.shown()) ?? [];
    expect(Number(major) >> 8).toBe(136);
    screen.close();
  });

  test('the caller’s terminal is as it was after a program that cannot be executed', async () => {
    const { screen, done } = at('-t', container.id, '/nonexistent');
    expect(await done).toBe(255);
    await screen.shows('no such file or directory');
    expect(screen.isRaw).toBe(false);
    screen.close();
  });

  test('/dev/console of a container without a terminal stays away', async () => {
    const { screen, done } = at('-t', container.id, 'ls', '/dev/console');
    expect(await done).toBe(1);
    screen.close();
  });

  test('a process that is killed by its container leaves the terminal as it was', async () => {
    const own = box.create({ script: 'exec sleep 1000' }).start();
    const { screen, done } = at('-t', own.id, 'sh', '-c', 'echo "re""ady"; exec sleep 100');
    const before = screen.modes;
    await screen.shows('ready');
    own.kill();
    expect(await done).toBe(137);
    expect(screen.modes).toBe(before);
    screen.close();
  });
});

describe('a pidfd socket', () => {
  testTsrunc('gets a descriptor of the process', async () => {
    const receiver = new Receiver(path.join(box.scratch(), 'pidfd.sock'));
    const pidFile = path.join(box.scratch(), 'pid');
    const words = ['--detach', '--pid-file', pidFile, '--pidfd-socket', receiver.path, container.id, 'sleep', '100'];
    ok(container.call(['exec', ...words]));
    const { text, fd } = receiver.take();
    receiver.close();
    const pid = Number(fs.readFileSync(pidFile, 'utf8'));
    expect(text).toBe('setns');
    expect(slurp(`/proc/self/fdinfo/${fd}`)).toMatch(new RegExp(`^Pid:\\s+${pid}$`, 'm'));
    fs.closeSync(fd);
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });
});
