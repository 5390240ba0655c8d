import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive } from './support/host.ts';
import { invoke, type Outcome, ok, RUNTIME } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { Receiver, Screen } from './support/terminal.ts';
import { until } from './support/wait.ts';

/** What engines type, word by word, and what they read of the answer. test/clients has those engines that there are. */
const box = sandbox('callers');

interface Place {
  readonly id: string;
  readonly root: string;
  readonly bundle: string;
  /** A directory for files of the caller. */
  readonly dir: string;
  /** Where it receives a terminal. */
  readonly console: Receiver;
}

interface Step {
  argv(place: Place): readonly string[];
  readonly input?: string;
  readonly status?: number;
  /** What the caller does with the answer. */
  reads?(outcome: Outcome, place: Place): void | Promise<void>;
}

const PROCESS = {
  terminal: false,
  user: { uid: 0, gid: 0 },
  args: ['sh', '-c', 'echo from exec; exit 5'],
  env: ['PATH=/bin'],
  cwd: '/',
};

/** `strconv.Atoi` of the raw content. */
function readsPid(name: string): NonNullable<Step['reads']> {
  return (_, { dir }) => expect(fs.readFileSync(path.join(dir, name), 'utf8')).toMatch(/^\d+$/);
}

function readsState(status: string): NonNullable<Step['reads']> {
  return ({ stdout }, { id, bundle }) => {
    const state = JSON.parse(stdout);
    expect(state).toMatchObject({ ociVersion: expect.any(String), id, status, bundle });
    expect(Number.isNaN(Date.parse(state.created))).toBe(false);
    expect(Number.isInteger(state.pid)).toBe(true);
  };
}

/** Both streams together are one JSON value, or nothing else than these lines. */
const readsFeatures: Step['reads'] = ({ stdout, stderr }) => {
  const { ociVersionMin, ociVersionMax, mountOptions, linux } = JSON.parse(stdout + stderr);
  expect([ociVersionMin, ociVersionMax]).toEqual([expect.stringMatching(/^1\./), expect.stringMatching(/^1\./)]);
  expect(mountOptions).toContain('rro');
  expect(linux.namespaces).toContain('user');
};

const readsVersion: Step['reads'] = ({ stdout, stderr }) => {
  const lines = (stdout + stderr).split('\n');
  expect(lines[0]).toMatch(/^\w+ version \d+\.\d+\.\d+/);
  expect(lines.filter((line) => line.startsWith('commit: '))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('spec: '))).toHaveLength(1);
};

const hasStopped: Step['reads'] = async (_, { dir }) => {
  const pid = Number(fs.readFileSync(path.join(dir, 'pid'), 'utf8'));
  await until(`${pid} has ended`, () => !isAlive(pid));
};

/** The master of a terminal has arrived at the console socket; a line that is typed there is read. */
const readsTerminal: Step['reads'] = async (outcome, place) => {
  readsPid('exec')(outcome, place);
  const { text, fd, ended } = place.console.take();
  expect([text, ended]).toEqual(['/dev/ptmx', true]);
  const screen = new Screen(fd);
  screen.type('a line\n');
  await screen.shows('read: a line');
  screen.close();
};

const callers: Readonly<Record<string, readonly Step[]>> = {
  'conmon-rs': [
    {
      argv: ({ id, root, bundle, dir }) => [
        `--root=${root}`,
        'create',
        '--bundle',
        bundle,
        '--pid-file',
        `${dir}/pid`,
        id,
      ],
      reads: readsPid('pid'),
    },
    { argv: ({ id, root }) => [`--root=${root}`, 'start', id] },
    {
      argv: ({ id, root, dir }) => [`--root=${root}`, 'exec', '-d', `--pid-file=${dir}/exec`, id, 'sh', '-c', 'exit 3'],
      reads: readsPid('exec'),
    },
    {
      argv: ({ id, root, dir, console }) => [
        ...[`--root=${root}`, 'exec', '-d', `--console-socket=${console.path}`, '--tty', `--pid-file=${dir}/exec`],
        ...[id, 'sh', '-c', 'test -t 0 && read line && echo "read: $line"'],
      ],
      reads: readsTerminal,
    },
    { argv: ({ id, root }) => [`--root=${root}`, 'kill', id, 'KILL'], reads: hasStopped },
    { argv: ({ id, root }) => [`--root=${root}`, 'delete', '--force', id] },
  ],
  'cri-o': [
    { argv: () => ['features'], reads: readsFeatures },
    { argv: () => ['--version'], reads: readsVersion },
    {
      argv: ({ id, root, bundle, dir }) => [
        '--root',
        root,
        'create',
        '--bundle',
        bundle,
        '--pid-file',
        `${dir}/pid`,
        id,
      ],
      reads: readsPid('pid'),
    },
    { argv: ({ id, root }) => ['--root', root, 'state', id], reads: readsState('created') },
    { argv: ({ id, root }) => ['--root', root, 'start', id] },
    { argv: ({ id, root }) => ['--root', root, 'state', id], reads: readsState('running') },
    {
      argv: ({ id, root, dir }) => ['--root', root, 'exec', '--process', `${dir}/process.json`, id],
      status: 5,
      reads: ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['from exec\n', '']),
    },
    { argv: ({ id, root }) => ['--root', root, 'update', '--resources', '-', id], input: '{}' },
    { argv: ({ id, root }) => ['--root', root, 'pause', id] },
    { argv: ({ id, root }) => ['--root', root, 'state', id], reads: readsState('paused') },
    { argv: ({ id, root }) => ['--root', root, 'resume', id] },
    { argv: ({ id, root }) => ['--root', root, 'kill', id, 'TERM'] },
    { argv: ({ id, root }) => ['--root', root, 'kill', '-a', id, '9'], reads: hasStopped },
    {
      argv: ({ id, root }) => ['--root', root, 'kill', id, 'KILL'],
      status: 1,
      reads: ({ stderr }) => expect(stderr).toMatch(/container not running|no such process/),
    },
    { argv: ({ id, root }) => ['--root', root, 'delete', '--force', id] },
    {
      argv: ({ id, root }) => ['--root', root, 'state', id],
      status: 1,
      reads: ({ stderr }) => expect(stderr).toContain('does not exist'),
    },
  ],
  buildah: [
    {
      argv: ({ id, root, bundle, dir }) => [
        '--root',
        root,
        'create',
        '--bundle',
        bundle,
        '--pid-file',
        `${dir}/pid`,
        id,
      ],
      reads: readsPid('pid'),
    },
    { argv: ({ id, root }) => ['--root', root, 'start', id] },
    { argv: ({ id, root }) => ['--root', root, 'state', id], reads: readsState('running') },
    { argv: ({ id, root }) => ['--root', root, 'kill', id, '9'], reads: hasStopped },
    { argv: ({ id, root }) => ['--root', root, 'state', id], reads: readsState('stopped') },
    { argv: ({ id, root }) => ['--root', root, 'delete', id] },
  ],
  'go-runc': [
    {
      argv: ({ id, root, bundle, dir }) => [
        ...['--root', root, '--log', `${dir}/log.json`, '--log-format', 'json'],
        ...['create', '--bundle', bundle, '--pid-file', `${dir}/pid`, '--no-new-keyring', id],
      ],
      reads: readsPid('pid'),
    },
    { argv: ({ id, root, dir }) => ['--root', root, '--log', `${dir}/log.json`, '--log-format', 'json', 'start', id] },
    {
      argv: ({ id, root, dir }) => [
        ...['--root', root, '--log', `${dir}/log.json`, '--log-format', 'json'],
        ...['exec', '--process', `${dir}/process.json`, '--detach', '--pid-file', `${dir}/exec`, id],
      ],
      reads: readsPid('exec'),
    },
    {
      argv: ({ id, root }) => ['--root', root, 'ps', '--format', 'json', id],
      reads: ({ stdout, stderr }, { dir }) =>
        expect(JSON.parse(stdout + stderr)).toContain(Number(fs.readFileSync(`${dir}/pid`, 'utf8'))),
    },
    {
      argv: ({ root }) => ['--root', root, 'list', '--format=json'],
      reads: ({ stdout, stderr }, { id }) =>
        expect(JSON.parse(stdout + stderr).map((state: { id: string }) => state.id)).toContain(id),
    },
    {
      argv: ({ id, root }) => ['--root', root, 'events', '--stats', id],
      reads: ({ stdout }, { id }) => expect(JSON.parse(stdout)).toMatchObject({ type: 'stats', id, data: { cpu: {} } }),
    },
    { argv: ({ id, root }) => ['--root', root, 'update', '--resources=-', id], input: '{}' },
    { argv: ({ id, root }) => ['--root', root, 'kill', '--all', id, '9'], reads: hasStopped },
    { argv: ({ id, root }) => ['--root', root, 'delete', id] },
    {
      argv: ({ id, root, dir }) => ['--root', root, '--log', `${dir}/log.json`, '--log-format', 'json', 'delete', id],
      status: 1,
      reads: (_, { dir }) => {
        const lines = fs.readFileSync(`${dir}/log.json`, 'utf8').trim().split('\n');
        const { level, msg, time } = JSON.parse(lines.at(-1) ?? '');
        expect({ level, msg }).toEqual({ level: 'error', msg: expect.stringContaining('does not exist') });
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
      },
    },
  ],
  buildkit: [
    {
      argv: ({ id, root, bundle, dir }) => [
        '--root',
        root,
        'run',
        '-d',
        '--bundle',
        bundle,
        '--pid-file',
        `${dir}/pid`,
        id,
      ],
      reads: readsPid('pid'),
    },
    {
      argv: ({ id, root, dir }) => [
        '--root',
        root,
        'exec',
        '--process',
        `${dir}/process.json`,
        '--pid-file',
        `${dir}/exec`,
        id,
      ],
      status: 5,
      reads: readsPid('exec'),
    },
    { argv: ({ id, root }) => ['--root', root, 'kill', id, '9'], reads: hasStopped },
    { argv: ({ id, root }) => ['--root', root, 'delete', id] },
  ],
};

test.each(Object.entries(callers))('%s', async (_, steps) => {
  const dir = box.scratch();
  const console = new Receiver(path.join(dir, 'console'));
  const place = { id: box.id(), root: box.root, bundle: box.bundle({ script: 'exec sleep 100' }), dir, console };
  fs.writeFileSync(path.join(dir, 'process.json'), JSON.stringify(PROCESS));
  for (const { argv, input, status = 0, reads } of steps) {
    const outcome = call(argv(place), place, input);
    expect({ argv: outcome.command, status: outcome.status, stderr: outcome.stderr }).toMatchObject({ status });
    await reads?.(outcome, place);
  }
  console.close();
});

/** Docker's runtimeArgs: a script in front of the runtime. */
test('behind a script that puts words in front', () => {
  const script = path.join(box.scratch(), 'tsrunc');
  fs.writeFileSync(script, `#!/bin/sh\nexec ${RUNTIME} --debug "$@"\n`, { mode: 0o755 });
  expect(JSON.parse(ok(box.runtime(['list', '--format', 'json'], { runtime: script })).stdout)).toBeDefined();
});

/** With what the caller has in its environment, which is next to nothing. */
function call(argv: readonly string[], { dir }: Place, input = ''): Outcome {
  fs.writeFileSync(path.join(dir, 'input'), input);
  return invoke(argv, box.io(), { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, caller: `exec < ${dir}/input` });
}
