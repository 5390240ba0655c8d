import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Patch } from './support/json.ts';
import { invoke, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

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
