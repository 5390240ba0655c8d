import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { descriptorFlags, linkOf, slurp } from './support/host.ts';
import { invoke, isTsrunc, type Outcome, ok, RUNTIME, type RunOptions } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('environment');
const SLEEP = { script: 'exec sleep 100' };

/** Create, start, kill and delete, each under `options`: every one succeeds and says nothing. */
function lifecycle(options: RunOptions): void {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  const commands = [
    ['create', '--bundle', bundle, id],
    ['start', id],
    ['kill', id, 'KILL'],
    ['delete', '--force', id],
  ];
  for (const args of commands) {
    const { stdout, stderr } = ok(box.runtime(args, options));
    expect([stdout, stderr]).toEqual(['', '']);
  }
}

describe('it works from any directory', () => {
  test.each(['/', '/proc', '/sys', '/dev', '/tmp'])('%s', (cwd) => lifecycle({ cwd }));
  test('one that has been removed', () => {
    lifecycle({ caller: 'd=$(mktemp -d) && cd "$d" && rmdir "$d"' });
  });
  test('one that only a relative path leads to', () => {
    const bundle = box.bundle({ script: 'echo here' });
    expect(ok(box.runtime(['run', '-b', `../${path.basename(bundle)}`, box.id()], { cwd: bundle })).stdout).toBe(
      'here\n',
    );
  });
});

describe('it works in any environment', () => {
  const cases: [name: string, env: Record<string, string>][] = [
    ['none', {}],
    ['no PATH', { HOME: '/root' }],
    ['a home that is read-only', { HOME: '/proc' }],
    ['a home that does not exist', { HOME: '/nonexistent' }],
    ['an empty home', { HOME: '' }],
    ['a locale and a time zone that do not exist', { LC_ALL: 'xx_YY.none', LANG: 'C', TZ: 'Nowhere/None' }],
    [
      'temporary directories that do not exist',
      { TMPDIR: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' },
    ],
    ['a large variable', { BIG: 'x'.repeat(100_000) }],
    ['colours forced', { FORCE_COLOR: '3', CLICOLOR_FORCE: '1', COLUMNS: '1', DEBUG: '*' }],
  ];
  test.each(cases)('%s', (_, env) => lifecycle({ env }));
});

describe('it works whatever the standard streams are', () => {
  const cases: [name: string, redirection: string][] = [
    ['stdin closed', 'exec 0<&-'],
    ['stdout closed', 'exec 1>&-'],
    ['stderr closed', 'exec 2>&-'],
    ['all closed', 'exec 0<&- 1>&- 2>&-'],
    ['stdin and stdout closed', 'exec 0<&- 1>&-'],
    ['stdout full', 'exec 1>/dev/full'],
    ['stdout and stderr full', 'exec 1>/dev/full 2>/dev/full'],
    ['stdin a directory', 'exec 0</'],
    ['all /dev/null', 'exec 0</dev/null 1>/dev/null 2>/dev/null'],
  ];
  test.each(cases)('%s', (_, caller) => lifecycle({ caller }));

  test.each(cases)('a failure ends with status 1 and shows nothing of the program’s inside: %s', (_, caller) => {
    const { status, stdout, stderr } = box.runtime(['state', 'nope'], { caller });
    expect(status).toBe(1);
    expect(stdout + stderr).not.toMatch(/^\s+at |node:|EBADF|ENOSPC/m);
  });

  test('a reader of standard output that has gone away', () => {
    box.create(SLEEP);
    const { signal, stderr } = box.runtime(['list'], { caller: 'set -- sh -c \'"$@" | true\' sh "$@"' });
    expect(signal).toBeNull();
    expect(stderr).toMatch(/^(.*broken pipe.*\n)?$/);
  });
});

describe('it works under whatever name it is called', () => {
  test('a symbolic link in another directory, by its path', () => {
    lifecycle({ runtime: linked('tsrunc') });
  });

  test('a symbolic link, by PATH', () => {
    const directory = path.dirname(linked('tsrunc'));
    const { stdout } = ok(
      invoke(['-c', 'tsrunc --version'], box.io(), { runtime: '/bin/sh', env: { PATH: directory } }),
    );
    expect(stdout).toBe(versionText());
  });

  test('a link to a link, from its own directory', () => {
    const link = linked('one');
    fs.symlinkSync('one', path.join(path.dirname(link), 'two'));
    const { stdout } = ok(invoke(['-c', './two --version'], box.io(), { runtime: '/bin/sh', cwd: path.dirname(link) }));
    expect(stdout).toBe(versionText());
  });
});

describe('variables that steer Node and OpenSSL do nothing', () => {
  const evil = path.join(box.dir, 'evil');
  const empty = path.join(box.dir, 'empty');
  const canary = path.join(evil, 'loaded');
  const script = path.join(evil, 'evil.js');
  const conf = path.join(evil, 'openssl.cnf');
  const variables = hostileVariables({ evil, script, conf });

  beforeEach(() => {
    fs.rmSync(evil, { recursive: true, force: true });
    fs.mkdirSync(evil);
    fs.writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(canary)}, 'x'); console.log('evil');`);
    fs.writeFileSync(conf, `openssl_conf = x\n[x]\nengines = y\n[y]\nz = w\n[w]\ndynamic_path = ${script}\ninit = 1\n`);
  });

  test.each(Object.entries(variables))('%s=%s', (name, value) => expectSame({ [name]: value }));
  test('all of them at once', () => expectSame(variables));
  test('all of them at once, through a container’s life', () => {
    lifecycle({ env: variables });
    expectUntouched();
  });

  function expectSame(env: Record<string, string>): void {
    for (const args of [['--version'], ['state', 'nope'], ['list', '--format', 'json']]) {
      fs.mkdirSync(empty, { recursive: true });
      const [plain, hostile] = [{}, env].map((set) => essence(box.runtime(['--root', empty, ...args], { env: set })));
      expect(hostile).toEqual(plain);
    }
    expectUntouched();
  }

  function expectUntouched(): void {
    expect(fs.readdirSync(evil).sort()).toEqual(['evil.js', 'openssl.cnf']);
  }
});

describe('F_GETFL of the standard streams is the same afterwards', () => {
  const O_NONBLOCK = 0o4000;
  const commands: [name: string, args: (id: string, bundle: string) => string[]][] = [
    ['--version', () => ['--version']],
    ['a failure', () => ['state', 'nope']],
    ['create', (id, bundle) => ['create', '--bundle', bundle, id]],
    ['run', (id, bundle) => ['run', '--bundle', bundle, id]],
    ['run --detach', (id, bundle) => ['run', '-d', '--bundle', bundle, id]],
    ['list', () => ['list']],
    ['help', () => ['--help']],
  ];

  test.each(commands)('%s', (_, args) => {
    const fds = [pipe(), pipe(), pipe()];
    const before = fds.map((fd) => descriptorFlags(fd));
    box.runtime(args(box.id(), box.bundle({ script: 'true' })), { stdio: fds });
    expect(fds.map((fd) => descriptorFlags(fd))).toEqual(before);
    expect(before.map((flags) => flags & O_NONBLOCK)).toEqual([0, 0, 0]);
    for (const fd of fds) fs.closeSync(fd);
  });

  test('seen from inside of a detached container', async () => {
    const script = 'all=$(cd /proc/$$/fdinfo; grep -h flags 0 1 2); echo "$all" > /tmp/all; exec sleep 100';
    const bundle = box.bundle({ script, ownRootfs: true, patch: { '/root/readonly': false } });
    const fds = [pipe(), pipe(), pipe()];
    const before = fds.map((fd) => descriptorFlags(fd));
    box.runtime(['run', '-d', '--bundle', bundle, box.id()], { stdio: fds });
    const file = path.join(bundle, 'rootfs/tmp/all');
    await until('the container has written', () => slurp(file).endsWith('\n'));
    const inside = [...slurp(file).matchAll(/flags:\s*(\d+)/g)].map(([, flags = '']) => Number.parseInt(flags, 8));
    expect(inside).toEqual(before);
    for (const fd of fds) fs.closeSync(fd);
  });
});

/** A pipe with one open file description, which caller and runtime share. */
function pipe(): number {
  const file = path.join(box.scratch(), 'pipe');
  execFileSync('mkfifo', [file]);
  return fs.openSync(file, fs.constants.O_RDWR);
}

function linked(name: string): string {
  const link = path.join(box.scratch(), name);
  fs.symlinkSync(RUNTIME, link);
  expect(linkOf(link)).toBe(RUNTIME);
  return link;
}

function versionText(): string {
  const { stdout } = ok(box.runtime(['--version']));
  if (isTsrunc) expect(stdout).toMatch(/^tsrunc version/);
  return stdout;
}

function essence({ status, stdout, stderr }: Outcome) {
  return { status, stdout, stderr: stderr.replace(/time="[^"]*"/, 'time=""') };
}

/** Every variable that Node, libuv or OpenSSL reads, set to what would load, write, print or change something. */
function hostileVariables({
  evil,
  script,
  conf,
}: {
  evil: string;
  script: string;
  conf: string;
}): Record<string, string> {
  return {
    NODE_OPTIONS: `--require ${script} --trace-warnings --stack-trace-limit=1`,
    NODE_PATH: evil,
    NODE_REPL_EXTERNAL_MODULE: script,
    NODE_V8_COVERAGE: path.join(evil, 'coverage'),
    NODE_COMPILE_CACHE: path.join(evil, 'cache'),
    NODE_COMPILE_CACHE_PORTABLE: '1',
    NODE_DISABLE_COMPILE_CACHE: '0',
    NODE_REDIRECT_WARNINGS: path.join(evil, 'warnings'),
    NODE_REPL_HISTORY: path.join(evil, 'history'),
    NODE_EXTRA_CA_CERTS: script,
    NODE_ICU_DATA: evil,
    NODE_DEBUG: '*',
    NODE_DEBUG_NATIVE: '*',
    NODE_PENDING_DEPRECATION: '1',
    NODE_PENDING_PIPE_INSTANCES: '1',
    NODE_PRESERVE_SYMLINKS: '1',
    NODE_PRESERVE_SYMLINKS_MAIN: '1',
    NODE_NO_WARNINGS: '0',
    NODE_NO_READLINE: '1',
    NODE_DISABLE_COLORS: '0',
    NODE_SKIP_PLATFORM_CHECK: '0',
    NODE_TEST_CONTEXT: 'child-v8',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_USE_ENV_PROXY: '1',
    NODE_USE_SYSTEM_CA: '1',
    NODE_UNIQUE_ID: '1',
    NODE_CHANNEL_FD: '2',
    NODE_CHANNEL_SERIALIZATION_MODE: 'advanced',
    NODE_CLUSTER_SCHED_POLICY: 'none',
    NODE_INSPECT_RESUME_ON_START: '1',
    NODE_RUN_PACKAGE_JSON_PATH: path.join(evil, 'package.json'),
    NODE_RUN_SCRIPT_NAME: 'evil',
    NODE_SEA_FUSE: '0',
    NODE_ENV: 'test',
    OPENSSL_CONF: conf,
    OPENSSL_CONF_INCLUDE: evil,
    OPENSSL_MODULES: evil,
    OPENSSL_ENGINES: evil,
    OPENSSL_ia32cap: '0',
    OPENSSL_TRACE: 'all',
    SSL_CERT_DIR: evil,
    SSL_CERT_FILE: script,
    SSLKEYLOGFILE: path.join(evil, 'keys'),
    UV_THREADPOOL_SIZE: '1000000',
    UV_USE_IO_URING: '1',
    ELECTRON_RUN_AS_NODE: '1',
    npm_config_node_options: `--require ${script}`,
  };
}
