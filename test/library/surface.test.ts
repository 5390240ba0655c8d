import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as library from '../../src/library/index.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { installPackage } from './package.ts';

const box = sandbox('surface');

/** What programs may rely on. To take something away is a new major version; to add something a new minor one. */
const SURFACE = {
  exports: ['Container', 'ContainerError'],
  static: ['create', 'list', 'open'],
  methods: ['delete', 'events', 'exec', 'kill', 'pause', 'ps', 'resume', 'start', 'state', 'stats', 'update'],
};

test('the surface is the one that is promised', () => {
  const { Container } = library;
  expect(Object.keys(library).sort()).toEqual(SURFACE.exports);
  const own = Object.getOwnPropertyNames(Container).filter((name) => !['length', 'name', 'prototype'].includes(name));
  expect(own.sort()).toEqual(SURFACE.static);
  const hidden = ['constructor', 'call'];
  const methods = Object.getOwnPropertyNames(Container.prototype).filter((name) => !hidden.includes(name));
  expect(methods.sort()).toEqual(SURFACE.methods);
});

test('a program that uses all of it passes the compiler, and one that misuses it does not', () => {
  installPackage(box.dir);
  const root = path.join(__dirname, '../..');
  fs.symlinkSync(path.join(root, 'node_modules/@types'), path.join(box.dir, 'node_modules/@types'));
  fs.symlinkSync(path.join(root, 'node_modules/undici-types'), path.join(box.dir, 'node_modules/undici-types'));
  const compile = (name: string, text: string) => {
    fs.writeFileSync(path.join(box.dir, name), text);
    const flags = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    const tsc = path.join(root, 'node_modules/.bin/tsc');
    return spawnSync(tsc, [...flags, name], { cwd: box.dir, encoding: 'utf8', timeout: 60_000 });
  };
  expect(compile('uses.mts', PROGRAM)).toMatchObject({ status: 0, stdout: '' });
  const { status, stdout } = compile('misuses.mts', PROGRAM.replace('uid: 1000', 'uid: "root"'));
  expect(status).not.toBe(0);
  expect(stdout).toContain("'string' is not assignable to type 'number'");
});

const PROGRAM = `
import { Container, ContainerError } from 'tsrunc';
import type {
  Config, CreatedContainer, CreateOptions, ErrorCode, ErrorRecord, Event, EventOptions, ExecOptions, Resources, Running,
  Settings, State, Statistics, Stream,
} from 'tsrunc';

const settings: Settings = { executable: '/usr/bin/tsrunc', root: '/run/tsrunc', systemdCgroup: true };
const stream: Stream = 'pipe';
const options: CreateOptions = { ...settings, id: 'web', bundle: '/b', stdin: stream, stdout: 'inherit', stderr: 'ignore' };
const created: CreatedContainer = await Container.create(options);
const status: number = await created.wait();
const container: Container = await Container.open('web', settings);
const states: readonly State[] = await Container.list();
const state: State = await container.state();
const isRunning: boolean = state.status === 'running';
await container.start();
await container.kill();
await container.kill('TERM');
await container.kill(9);
await container.pause();
await container.resume();
const resources: Resources = { memory: { limit: 1n << 30n }, pids: { limit: 10 } };
await container.update(resources);
const pids: readonly number[] = await container.ps();
const statistics: Statistics = await container.stats();
const events: EventOptions = { interval: 100, signal: new AbortController().signal };
for await (const event of container.events(events)) {
  const told: Event = event;
  if (told.type === 'stats') console.log(told.data.cpu.usage.total);
}
const exec: ExecOptions = { cwd: '/', env: { A: 'b' }, user: { uid: 1000, gid: 0 }, stdout: 'pipe' };
const running: Running = await container.exec(['true'], exec);
running.stdin?.end();
running.stdout?.resume();
await running.wait();
await container.delete();
await container.delete({ force: true });
const config: Config = { ociVersion: '1.3.0' };
const failure = new ContainerError({ code: 'exists', message: 'taken' });
const code: ErrorCode = failure.code;
const record: ErrorRecord = failure.record;
console.log(status, states, isRunning, pids, statistics, config, code, record);
`;
