import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { user } from './support/user.ts';

const box = sandbox('check');

interface Finding {
  readonly group: string;
  readonly name: string;
  readonly verdict: string;
  readonly needed: boolean;
  readonly cure?: string;
}

function answer(stdout: string): { able: boolean; of: (name: string, group?: string) => Finding | undefined } {
  const { able, findings }: { able: boolean; findings: readonly Finding[] } = JSON.parse(stdout);
  return {
    able,
    of: (name, group) =>
      findings.find((found) => found.name === name && (group === undefined || found.group === group)),
  };
}

/** By a shell that has something less than we have; the executable is `$TSRUNC`. */
function within(script: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, TSRUNC: fs.realpathSync('bin/tsrunc') };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

testTsrunc('this machine can run containers, and nothing is left of the question', () => {
  const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8');
  const { status, stdout } = box.runtime(['check', '--format', 'json']);
  const { able, of } = answer(stdout);
  expect({ status, able }).toEqual({ status: 0, able: true });
  for (const name of ['openat2', 'mount_setattr', 'procfs in a user namespace']) {
    expect(of(name)?.verdict).toBe('ok');
  }
  expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
});

testTsrunc('the text says the same, with what is lost and what to do', () => {
  const { status, stdout } = within('"$TSRUNC" check');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ {2}ok {7}openat2: /m);
  expect(stdout).toMatch(/^this host can run containers\n$/m);
});

testTsrunc('an ordinary user can ask', () => {
  const { status, stdout } = box.runtime(['check', '--format', 'json'], user(box, { uid: 65534 }));
  const { of } = answer(stdout);
  expect(status).toBe(0);
  expect(of('user', 'namespaces')).toMatchObject({ verdict: 'ok', needed: true });
  expect(of('idmapped mounts')).toMatchObject({ verdict: 'missing', needed: false });
});

testTsrunc('no more user namespaces: who is not root of the host cannot make containers', () => {
  const { status, stdout } = within(
    'exec unshare -Ur sh -c \'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$TSRUNC" check --format json\'',
  );
  const { able, of } = answer(stdout);
  expect({ status, able }).toEqual({ status: 1, able: false });
  expect(of('user', 'namespaces')).toMatchObject({
    verdict: 'missing',
    cure: expect.stringContaining('sysctl -w user.max_user_namespaces='),
  });
});
