import * as fs from 'node:fs';
import * as path from 'node:path';
import { bitsOf, openFlags, socketDomains } from '../../src/syscalls/constants.ts';
import { local } from '../unit/syscalls/support.ts';
import { which } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { begin, invoke, ok, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('services');

/** As systemd starts a service: descriptors from 3 on, and variables that hold for this very process. */
function runAsService(
  environment: string,
  files: readonly string[],
  script: string,
  patch: Patch = {},
  flags: string[] = [],
) {
  const io = box.io();
  const out = fs.openSync(`${io}.out`, 'w');
  const err = fs.openSync(`${io}.err`, 'w');
  const fds = files.map((file) => fs.openSync(file, 'r'));
  const bundle = box.bundle({ script, patch });
  const words = [RUNTIME, '--root', box.root, 'run', ...flags, '--bundle', bundle, box.id()];
  const shell = ['-c', `export ${environment}; exec "$@"`, 'sh', ...words];
  const outcome = invoke(shell, io, { runtime: '/bin/sh', stdio: ['ignore', out, err, ...fds] });
  for (const fd of [out, err, ...fds]) fs.closeSync(fd);
  return { ...outcome, stdout: fs.readFileSync(`${io}.out`, 'utf8'), stderr: fs.readFileSync(`${io}.err`, 'utf8') };
}

function fileWith(text: string): string {
  const file = path.join(box.scratch(), 'file');
  fs.writeFileSync(file, text);
  return file;
}

const show = 'echo "$LISTEN_FDS $LISTEN_PID $$"; cat <&3; cat <&4';

describe('sockets that systemd has opened', () => {
  test('reach the container, which is told that they are its own', () => {
    const { stdout } = runAsService('LISTEN_FDS=2 LISTEN_PID=$$', [fileWith('one\n'), fileWith('two\n')], show);
    expect(stdout).toBe('2 1 1\none\ntwo\n');
  });

  test('come before those of --preserve-fds', () => {
    const files = [fileWith('one\n'), fileWith('two\n')];
    expect(runAsService('LISTEN_FDS=1 LISTEN_PID=$$', files, show, {}, ['--preserve-fds', '1']).stdout).toBe(
      '1 1 1\none\ntwo\n',
    );
  });

  test('are not those that another process was given', () => {
    const script = 'echo "$LISTEN_FDS.$LISTEN_PID"; ls /proc/self/fd | wc -w';
    expect(runAsService('LISTEN_FDS=1 LISTEN_PID=1', [fileWith('')], script).stdout).toBe('.\n4\n');
  });

  testTsrunc('keep their names, and count also where the host’s PIDs do', () => {
    const namespaces = ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));
    const { stdout } = runAsService(
      'LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=web',
      [fileWith('')],
      'echo "$LISTEN_FDNAMES"; [ "$LISTEN_PID" = $$ ] && echo mine',
      { '/linux/namespaces': namespaces },
    );
    expect(stdout).toBe('web\nmine\n');
  });

  testTsrunc('that are not there are missed', () => {
    refused(runAsService('LISTEN_FDS=2 LISTEN_PID=$$', [fileWith('')], 'true'), 'descriptor 4 of LISTEN_FDS=2');
  });
});

/** $NOTIFY_SOCKET of a service manager. */
class Manager {
  private readonly socket = local.calls.socket('AF_UNIX', ['SOCK_DGRAM', 'SOCK_CLOEXEC'], 0);
  private heard = '';

  constructor(readonly address: string) {
    const sun_path = new Uint8Array(108);
    sun_path.set(Buffer.from(address));
    local.calls.bind(this.socket, { sun_family: bitsOf(socketDomains, ['AF_UNIX']), sun_path });
    local.calls.fcntl(this.socket, 'F_SETFL', bitsOf(openFlags, ['O_NONBLOCK']));
  }

  /** Descriptors that come along are dropped, which is what a barrier waits for. */
  words(): string {
    const piece = Buffer.alloc(4096);
    try {
      for (;;) this.heard += piece.toString('utf8', 0, fs.readSync(this.socket, piece));
    } catch {
      return this.heard;
    }
  }

  close(): void {
    fs.closeSync(this.socket);
  }
}

const notify = which('systemd-notify');
const testNotify = notify
  ? test
  : (name: string, _: () => Promise<void>) =>
      test.skip(`${name} (skipped: systemd-notify is not installed)`, () => undefined);

/** A bundle whose program can say that it is ready: with the machine's own systemd-notify. */
function service(script: string, patch: Patch = {}): string {
  const usr = { destination: '/usr', type: 'bind', source: '/usr', options: ['rbind', 'ro'] };
  const bundle = box.bundle({
    ownRootfs: true,
    script,
    patch: { '/mounts/3': usr, '/root/readonly': false, ...patch },
  });
  for (const name of ['lib', 'lib64']) fs.symlinkSync(`usr/${name}`, path.join(bundle, 'rootfs', name));
  return bundle;
}

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

describe('the socket that systemd listens at', () => {
  const READY = 'echo "$NOTIFY_SOCKET"; sleep 0.3; /usr/bin/systemd-notify --ready --status=private';

  testNotify('hears of run --detach that the container is ready, and of its process; run waits for it', async () => {
    const manager = new Manager(path.join(box.scratch(), 'notify'));
    const id = box.id();
    const bundle = service(`${READY}; exec sleep 100`, { '/process/user': { uid: 1000, gid: 1000 } });
    const pidFile = path.join(bundle, 'pid');
    const args = ['--root', box.root, 'run', '--detach', '--pid-file', pidFile, '--bundle', bundle, id];
    const running = begin(args, box.io(), { env: { ...environment, NOTIFY_SOCKET: manager.address } });
    await until('it is ready', () => manager.words().includes('BARRIER=1'));
    const outcome = ok(await running.done);
    expect(outcome.stdout).toBe('/run/notify/notify.sock\n');
    const pid = fs.readFileSync(pidFile, 'utf8');
    expect(manager.words().split('\n')).toEqual(['READY=1', `MAINPID=${pid}`, 'BARRIER=1']);
    ok(box.runtime(['delete', '--force', id]));
    manager.close();
    await box.clean(id);
  });

  testNotify('hears of run in the foreground that the runtime is the service', async () => {
    const manager = new Manager(path.join(box.scratch(), 'notify'));
    const id = box.id();
    const args = ['--root', box.root, 'run', '--bundle', service(`${READY}; sleep 0.5; exit 4`), id];
    const running = begin(args, box.io(), { env: { ...environment, NOTIFY_SOCKET: manager.address } });
    await until('it is ready', () => manager.words().includes('MAINPID'));
    expect(manager.words()).toContain(`READY=1\nMAINPID=${running.pid}\n`);
    // A barrier of runc's waits to be received.
    await until('it has ended', () => manager.words() !== '' && running.child.exitCode !== null);
    expect((await running.done).status).toBe(4);
    expect(manager.words()).not.toContain('STATUS');
    manager.close();
    await box.clean(id);
  });

  testNotify('is not waited at when the container ends before', async () => {
    const manager = new Manager(path.join(box.scratch(), 'notify'));
    const id = box.id();
    const env = { ...environment, NOTIFY_SOCKET: manager.address };
    ok(box.runtime(['create', '--bundle', service('exit 3'), id], { env }));
    ok(box.runtime(['start', id], { env }));
    expect(manager.words()).toBe('');
    ok(box.runtime(['delete', '--force', id]));
    manager.close();
    await box.clean(id);
  });
});
