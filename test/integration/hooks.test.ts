import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { childrenOf, isAlive, linkOf, slurp, which } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { isTsrunc, ok, REFERENCE, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { type BundleOptions, sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('hooks');
const SLEEP = 'exec sleep 100';
const KINDS = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
type Kind = (typeof KINDS)[number];
const HOST_ENV = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'];

interface Hook {
  [key: string]: Json;
}

function sh(script: string, more: Hook = {}): Hook {
  return { path: '/bin/sh', args: ['sh', '-c', script], env: HOST_ENV, ...more };
}

/** Appends a line to `log` and what the hook reads to `log.in`, then does `rest`. */
function mark(log: string, name: string, rest = ''): Hook {
  return sh(`echo ${name} >> ${log}; cat >> ${log}.in; echo >> ${log}.in; ${rest}`);
}

/** A directory that hooks write to, and `log` in it. */
function scratchLog(): string {
  return path.join(box.scratch(), 'log');
}

const lines = (file: string): string[] => slurp(file).split('\n').filter(Boolean);

/** Hooks inside the container write to its own rootfs. */
const WRITABLE: Patch = { '/root/readonly': false };

function bundleWith(hooks: { readonly [kind in Kind]?: readonly Hook[] }, options: BundleOptions = {}): string {
  const given = Object.fromEntries(Object.entries(hooks).map(([kind, list]) => [kind, [...list]]));
  return box.bundle({ script: SLEEP, ...options, patch: { '/hooks': given, ...options.patch } });
}

test('the hooks run in their order, each told the state of its moment', async () => {
  const log = scratchLog();
  const bundle = bundleWith(
    {
      ...Object.fromEntries(KINDS.map((kind) => [kind, [mark(log, `${kind}-0`), mark(log, `${kind}-1`)]])),
      startContainer: [mark('/log', 'startContainer-0'), mark('/log', 'startContainer-1')],
    },
    { ownRootfs: true, patch: { ...WRITABLE, '/annotations': { 'org.example/a': 'x/y' } } },
  );
  const inside = path.join(bundle, 'rootfs/log');
  const container = box.create({ bundle });
  const { id, pid } = container;
  const atCreate = ['prestart', 'createRuntime', 'createContainer'].flatMap((kind) => [`${kind}-0`, `${kind}-1`]);
  const atPoststart = ['poststart-0', 'poststart-1'];
  // runc 1.1 runs them when the container has been created.
  expect(lines(log)).toEqual(isTsrunc ? atCreate : [...atCreate, ...atPoststart]);
  expect(fs.existsSync(inside)).toBe(false);

  container.start();
  await until('the hooks inside have run', () => lines(inside).length === 2);
  expect(lines(inside)).toEqual(['startContainer-0', 'startContainer-1']);
  expect(lines(log)).toEqual([...atCreate, ...atPoststart]);

  await container.kill().stopped();
  container.delete();
  expect(lines(log)).toEqual([...atCreate, ...atPoststart, 'poststop-0', 'poststop-1']);

  const state = (status: string, seenPid?: number): string =>
    JSON.stringify({ id, status, pid: seenPid, bundle, annotations: { 'org.example/a': 'x/y' } });
  const creating = state('creating', pid);
  const twice = (text: string): string[] => [text, text];
  expect(lines(`${log}.in`).map(withoutVersion)).toEqual([
    ...twice(creating),
    ...twice(creating),
    ...twice(state('creating', 1)),
    ...twice(state(isTsrunc ? 'running' : 'created', pid)),
    ...twice(state('stopped')),
  ]);
  expect(lines(`${inside}.in`).map(withoutVersion)).toEqual(twice(state('created', 1)));
});

/** The state without blanks and without the version, which is runc's own there. */
function withoutVersion(line: string): string {
  expect(line).toMatch(/^\{"ociVersion":"1\.[^"]*",/);
  return line.replace(/"ociVersion":"[^"]*",/, '');
}

describe('a hook of each kind, seen by itself', () => {
  const PROBE = `
    echo "arguments $0 $*"; echo "cwd $(pwd)"; echo "umask $(umask)"
    echo "environment $(cat /proc/self/environ | tr '\\000' ' ')"
    echo "descriptors $(ls /proc/self/fd | sort | tr '\\n' ' ')"
    echo "open files $(grep 'open files' /proc/self/limits | tr -s ' ')"
    echo "oom_score_adj $(cat /proc/self/oom_score_adj)"
    for n in mnt pid net uts ipc user; do echo "$n $(readlink /proc/self/ns/$n)"; done
    grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Sig(Blk|Ign|Cgt)):' /proc/self/status`;

  const probe = (out: string, more: Hook): Hook => ({
    path: '/bin/sh',
    args: ['sh', '-c', `{ ${PROBE}\n} >> ${out} 2>&1; chmod 666 ${out}`, 'first', 'a second'],
    ...more,
  });

  interface Seen {
    readonly hooks: { readonly [kind in Kind]: string };
    readonly namespaces: (name: string) => string;
  }

  /** What the hooks see under `runtime`. Names that differ from run to run are written as words. */
  async function look(runtime: string, more: Hook): Promise<Seen> {
    const directory = box.scratch();
    const file = (kind: Kind): string => path.join(directory, kind);
    const hooks = { ...Object.fromEntries(KINDS.map((kind) => [kind, [probe(file(kind), more)]])) };
    const patch: Patch = {
      ...WRITABLE,
      '/hooks': { ...hooks, startContainer: [probe('/tmp/seen', more)] },
      '/process/user': { uid: 1000, gid: 1000, additionalGids: [7], umask: 0o27 },
      '/process/cwd': '/srv',
      '/process/oomScoreAdj': 55,
    };
    const bundle = box.bundle({ script: SLEEP, ownRootfs: true, patch });
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', FROM_CALLER: 'yes' };
    const options = { bundle, runtime, env, cwd: bundle, caller: 'ulimit -Sn 512; umask 0023' };
    const container = box.create(options);
    ok(container.call(['start', container.id], options));
    const inside = path.join(bundle, 'rootfs/tmp/seen');
    await until('the hook inside has run', () => slurp(inside).includes('SigCgt'));
    const links = Object.fromEntries(
      ['mnt', 'pid', 'net', 'uts', 'ipc'].map((n) => [n, linkOf(`/proc/${container.pid}/ns/${n}`)]),
    );
    await container.kill().stopped();
    ok(container.call(['delete', container.id], options));
    const named = (text: string): string => {
      const words = text.replaceAll(bundle, 'BUNDLE').replaceAll(directory, 'DIRECTORY');
      const inner = Object.entries(links).reduce(
        (all, [name, link]) => all.replace(`${name} ${link}`, `${name} the container's`),
        words,
      );
      return inner.replace(/^(mnt|pid|net|uts|ipc|user) (.*)$/gm, (line, name: string, link: string) =>
        link === linkOf(`/proc/self/ns/${name}`) ? `${name} ours` : line,
      );
    };
    const seen = Object.fromEntries(
      KINDS.map((kind) => [kind, named(slurp(kind === 'startContainer' ? inside : file(kind)))]),
    );
    return { hooks: seen as Seen['hooks'], namespaces: (name) => links[name] ?? '' };
  }

  /** Namespace by namespace, `o`urs or the `c`ontainer's: mnt pid net uts ipc user. */
  function namespacesOf(text: string): string {
    return [...text.matchAll(/^(?:mnt|pid|net|uts|ipc|user) (ours|the container's|.*)$/gm)]
      .map(([, whose]) => (whose === 'ours' ? 'o' : whose === "the container's" ? 'c' : '?'))
      .join('');
  }

  test('it runs in the namespaces, in the directory and as the user that the specification gives it', async () => {
    const { hooks } = await look(RUNTIME, { env: HOST_ENV });
    for (const kind of ['prestart', 'createRuntime', 'poststart', 'poststop'] as const) {
      expect([kind, namespacesOf(hooks[kind])]).toEqual([kind, 'oooooo']);
      expect(hooks[kind]).toContain('cwd BUNDLE\n');
      expect(hooks[kind]).toContain('Uid:\t0\t0\t0\t0\n');
    }
    for (const kind of ['createContainer', 'startContainer'] as const)
      expect([kind, namespacesOf(hooks[kind])]).toEqual([kind, 'ccccco']);
    expect(hooks.createContainer).toContain('cwd BUNDLE/rootfs\n');
    expect(hooks.startContainer).toContain('cwd /srv\n');
    expect(hooks.startContainer).toMatch(/Uid:(\t1000){4}\n/);
    expect(hooks.startContainer).toContain('NoNewPrivs:\t1\n');
    for (const kind of KINDS) {
      expect(hooks[kind]).toContain('arguments first a second\n');
      expect(hooks[kind]).toMatch(/^environment .*PATH=\/usr\/sbin:\/usr\/bin:\/sbin:\/bin/m);
      // 3 is the directory that ls reads. runc leaves three of its own open in createContainer hooks.
      if (isTsrunc) expect(hooks[kind]).toContain('descriptors 0 1 2 3 \n');
    }
  });

  test('a hook that brings no environment has the caller’s, in the container that of its process', async () => {
    const { hooks } = await look(RUNTIME, {});
    for (const kind of ['prestart', 'createRuntime', 'poststart', 'poststop'] as const)
      expect([kind, hooks[kind]]).toEqual([kind, expect.stringContaining('FROM_CALLER=yes')]);
    for (const kind of ['createContainer', 'startContainer'] as const) {
      expect([kind, hooks[kind]]).toEqual([kind, expect.stringContaining('TERM=xterm')]);
      expect(hooks[kind]).not.toContain('FROM_CALLER');
    }
    expect(hooks.startContainer).toContain('HOME=/home/user');
  });

  const compared = isTsrunc && REFERENCE !== undefined ? test : test.skip;
  compared.each([
    ['with an environment', { env: HOST_ENV }],
    ['without one', {}],
  ] as [string, Hook][])('it sees the same as under runc, %s', async (_, more) => {
    const mine = await look(RUNTIME, more);
    const theirs = await look(REFERENCE ?? '', more);
    for (const kind of KINDS) {
      expect([kind, alike(mine.hooks[kind])]).toEqual([kind, alike(theirs.hooks[kind])]);
    }
  });

  /** Without what is listed here, with the reason. */
  function alike(text: string): string {
    return (
      text
        // runc leaves the stub's sockets and its exec.fifo open in createContainer hooks.
        .replace(/^descriptors .*$/m, '')
        // runc gives the hard limit: Go has raised its own.
        .replace(/^open files .*$/m, '')
        // Some callers' C library leaves its own signals 32 and 33 ignored in what it spawns; runc hands that on.
        .replace(/^(SigIgn:\t)(\w+)$/m, (_, name, mask) => name + (BigInt(`0x${mask}`) & ~0x180000000n).toString(16))
    );
  }

  test('the soft limit of descriptors is the caller’s', async () => {
    if (!isTsrunc) return;
    const { hooks } = await look(RUNTIME, { env: HOST_ENV });
    for (const kind of KINDS.filter((name) => name !== 'startContainer'))
      expect([kind, hooks[kind]]).toEqual([kind, expect.stringContaining('open files Max open files 512 ')]);
    expect(hooks.startContainer).toContain('open files Max open files 1024 1024');
  });
});

describe('a hook in the container and the namespaces', () => {
  const TELL = 'cat >&2; echo >&2; cat /proc/self/uid_map; exit 1';

  testTsrunc.each(['createContainer', 'startContainer'] as const)(
    'a %s hook is told the PID that init has in its own PID namespace, which may be the host’s',
    async (kind) => {
      const namespaces = ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));
      const bundle = bundleWith({ [kind]: [sh(TELL)] }, { patch: { '/linux/namespaces': namespaces } });
      const { stderr } = box.run({ bundle });
      expect(stderr).toContain(`error running ${kind} hook #0: exit status 1`);
      const pid = Number(/\\"pid\\":(\d+)/.exec(stderr)?.[1]);
      expect(pid).toBeGreaterThan(1);
    },
  );

  testTsrunc.each(['createContainer', 'startContainer'] as const)(
    'a %s hook is in the user namespace',
    async (kind) => {
      const map = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      const patch: Patch = {
        '/linux/namespaces/-': [{ type: 'user' }],
        '/linux/uidMappings': map,
        '/linux/gidMappings': map,
      };
      const { stderr } = box.run({ bundle: bundleWith({ [kind]: [sh(TELL)] }, { patch }) });
      expect(stderr).toMatch(/hook #0: exit status 1, stdout: +0 +100000 +65536, stderr: .*\\"pid\\":1,/);
    },
  );
});

describe('what a hook can do to the container', () => {
  test('a createRuntime hook finds the namespaces, the mounts and the cgroup by the PID it is told', () => {
    const log = scratchLog();
    const script = `pid=$(tr ',' '\\n' | grep '"pid"' | tr -dc 0-9)
      readlink /proc/$pid/ns/net > ${log}; cat /proc/$pid/cgroup >> ${log}; cat /proc/$pid/mountinfo > ${log}.mounts`;
    const container = box.create({ bundle: bundleWith({ createRuntime: [sh(script)] }) });
    expect(lines(log)[0]).toBe(linkOf(`/proc/${container.pid}/ns/net`));
    expect(lines(log).slice(1).join('\n')).toBe(slurp(`/proc/${container.pid}/cgroup`).trim());
    expect(slurp(`${log}.mounts`)).toContain(` ${box.rootfs}/proc rw`);
    expect(slurp(`${log}.mounts`)).toContain(` ${box.rootfs}/dev/pts `);
  });

  test.each(['createRuntime', 'createContainer'] as const)(
    'what a %s hook mounts into the rootfs is there',
    async (kind) => {
      if (which('nsenter') === undefined || which('mount') === undefined) return;
      const mount = `mount -t tmpfs -o size=64k hooked ${box.rootfs}/mnt && echo from a hook > ${box.rootfs}/mnt/file`;
      const enter = `pid=$(tr ',' '\\n' | grep '"pid"' | tr -dc 0-9); nsenter -t $pid -m -- sh -c '${mount}'`;
      const hooks = { [kind]: [sh(kind === 'createRuntime' ? enter : mount)] };
      const container = box.create({ bundle: bundleWith(hooks, { script: 'cat /mnt/file' }) }).start();
      expect(await container.stopped()).toBe('from a hook\n');
      expect(fs.existsSync(path.join(box.rootfs, 'mnt/file'))).toBe(false);
    },
  );

  test('a startContainer hook prepares what the program finds', async () => {
    const bundle = bundleWith(
      { startContainer: [sh('echo prepared > /run/file')] },
      { ownRootfs: true, patch: WRITABLE, script: 'cat /run/file' },
    );
    const container = box.create({ bundle }).start();
    expect(await container.stopped()).toBe('prepared\n');
  });

  test('hooks write nothing to the streams of the container', async () => {
    const loud = sh('echo LOUD; echo LOUD >&2');
    const bundle = bundleWith(Object.fromEntries(KINDS.map((kind) => [kind, [loud]])), { script: 'echo program' });
    expect(ok(box.run({ bundle }))).toMatchObject({ stdout: 'program\n', stderr: '' });
  });

  test('run has all hooks behind it when it returns the status of the program', () => {
    const log = scratchLog();
    const outside = KINDS.filter((kind) => kind !== 'startContainer');
    const hooks = Object.fromEntries(outside.map((kind) => [kind, [mark(log, kind)]]));
    const outcome = box.run({ bundle: bundleWith(hooks, { script: 'exit 7' }) });
    expect(outcome.status).toBe(7);
    expect(lines(log)).toEqual(outside);
  });
});

describe('a hook that fails at create', () => {
  const cases: [kind: Kind, hook: Hook, text: string][] = (
    ['prestart', 'createRuntime', 'createContainer'] as const
  ).flatMap((kind): [Kind, Hook, string][] => [
    [
      kind,
      sh('echo out; echo err >&2; exit 3'),
      `error running ${kind} hook #1: exit status 3, stdout: out, stderr: err`,
    ],
    [kind, sh('kill -KILL $$'), `error running ${kind} hook #1: signal: SIGKILL, stdout: , stderr: `],
    [
      kind,
      { path: '/nonexistent' },
      `error running ${kind} hook #1: execve \\"/nonexistent\\": no such file or directory`,
    ],
    [
      kind,
      sh('sleep 60; exit 0', { timeout: 1 }),
      `error running ${kind} hook #1: hook ran past specified timeout of 1.0s`,
    ],
  ]);
  testTsrunc.each(cases)('%s: %j', async (kind, hook, text) => {
    const log = scratchLog();
    const behind = KINDS.slice(KINDS.indexOf(kind) + 1).filter((name) => name !== 'poststop');
    const bundle = bundleWith({
      [kind]: [mark(log, 'before'), hook, mark(log, 'behind')],
      ...Object.fromEntries(behind.map((name) => [name, [mark(log, name)]])),
      poststop: [mark(log, 'poststop')],
    });
    const begun = Date.now();
    const { id, created } = box.tryCreate({ bundle });
    expect(Date.now() - begun).toBeLessThan(10_000);
    refused(created, text);
    expect(lines(log)).toEqual(['before', 'poststop']);
    expect(box.containers()).not.toContain(id);
    await box.clean(id);
  });

  testTsrunc('is told to machines with its code and its place in config.json', () => {
    const bundle = bundleWith({ createRuntime: [sh('exit 0'), sh('printf "a\\nb\\n" >&2; exit 1')] });
    const { created } = box.tryCreate({ bundle, log: true });
    expect(lines(`${created.scratch}.log`)).toHaveLength(1);
    expect(JSON.parse(created.log)).toMatchObject({
      level: 'error',
      msg: 'tsrunc create failed: error running createRuntime hook #1: exit status 1, stdout: , stderr: a\\nb',
      code: 'hook',
      pointer: '/hooks/createRuntime/1',
    });
  });

  test('after the hooks the poststop hooks run for another failure as well', () => {
    const log = scratchLog();
    const bundle = bundleWith(
      { prestart: [mark(log, 'prestart')], poststop: [mark(log, 'poststop')] },
      { patch: { '/process/args': ['/nonexistent'] } },
    );
    refused(box.tryCreate({ bundle }).created, 'no such file or directory');
    expect(lines(log)).toEqual(['prestart', 'poststop']);
  });
});

describe('a hook that fails at start', () => {
  testTsrunc.each([
    ['exits with 1', sh('echo no >&2; exit 1'), 'hook #0: exit status 1, stdout: , stderr: no'],
    ['is missing', { path: '/nonexistent' }, 'hook #0: execve \\"/nonexistent\\": no such file or directory'],
    ['hangs', sh('sleep 60; exit 0', { timeout: 1 }), 'hook #0: hook ran past specified timeout of 1.0s'],
  ] as [string, Hook, string][])(
    'a startContainer hook that %s keeps the program from running',
    async (_, hook, text) => {
      const bundle = bundleWith({ startContainer: [hook] }, { script: 'echo program' });
      const container = box.create({ bundle });
      refused(container.call(['start', container.id]), `error running startContainer ${text}`);
      expect(await container.stopped()).toBe('');
      expect(container.state().status).toBe('stopped');
      container.delete();
      await box.clean(container.id);
    },
  );

  testTsrunc('a poststart hook that fails stops the container', async () => {
    const log = scratchLog();
    const hooks = {
      poststart: [mark(log, 'first', 'exit 4'), mark(log, 'second')],
      poststop: [mark(log, 'poststop')],
    };
    const container = box.create({ bundle: bundleWith(hooks) });
    const { pid } = container;
    refused(
      container.call(['start', container.id]),
      'error running poststart hook #0: exit status 4, stdout: , stderr: ',
    );
    expect(isAlive(pid)).toBe(false);
    expect(container.state().status).toBe('stopped');
    container.delete();
    expect(lines(log)).toEqual(['first', 'poststop']);
    await box.clean(container.id);
  });

  testTsrunc('run deletes a container whose poststart hook failed', async () => {
    const log = scratchLog();
    const id = box.id();
    const bundle = bundleWith({ poststart: [sh('exit 1')], poststop: [mark(log, 'poststop')] });
    refused(box.run({ bundle, id }), 'error running poststart hook #0: exit status 1');
    expect(lines(log)).toEqual(['poststop']);
    await box.clean(id);
  });

  testTsrunc('while a poststart hook hangs, the container can be deleted', async () => {
    const log = scratchLog();
    const container = box.create({ bundle: bundleWith({ poststart: [mark(log, 'here', 'exec sleep 60')] }) });
    const starting = box.begin(['start', container.id]);
    await until('the hook runs', () => lines(log).length === 1);
    expect(container.state().status).toBe('running');
    container.delete('--force');
    starting.child.kill('SIGKILL');
    await starting.done;
    await box.clean(container.id);
  });
});

describe('delete', () => {
  testTsrunc('a poststop hook that fails is a warning, and the others run', () => {
    const log = scratchLog();
    const bundle = bundleWith({ poststop: [mark(log, 'first', 'exit 1'), mark(log, 'second')] });
    const quiet = box.create({ bundle });
    expect(ok(quiet.call(['delete', quiet.id]))).toMatchObject({ stdout: '', stderr: '' });
    expect(lines(log)).toEqual(['first', 'second']);
    const container = box.create({ bundle });
    const outcome = ok(container.call(['--log-level', 'warning', 'delete', container.id], { log: true }));
    expect(JSON.parse(outcome.log)).toMatchObject({
      level: 'warning',
      msg: 'error running poststop hook #0: exit status 1, stdout: , stderr: ',
    });
  });

  test('the hooks are those of the time of create, and the container is gone when they run', () => {
    const log = scratchLog();
    const state = path.join(box.root, 'ID');
    const bundle = bundleWith({ poststop: [mark(log, 'poststop', `test -e ${state} && echo still there >> ${log}`)] });
    const config = path.join(bundle, 'config.json');
    const id = box.id();
    fs.writeFileSync(config, slurp(config).replaceAll(state, path.join(box.root, id)));
    const container = box.create({ bundle, id });
    fs.writeFileSync(config, '{}');
    container.delete();
    expect(lines(log)).toEqual(['poststop']);
  });

  test('a bundle that is gone does not keep the hooks from running', () => {
    const log = scratchLog();
    const bundle = bundleWith({ poststop: [mark(log, 'poststop')] });
    const container = box.create({ bundle });
    fs.rmSync(bundle, { recursive: true });
    container.delete();
    expect(lines(log)).toEqual(['poststop']);
  });
});

describe('a hook and its streams', () => {
  test.each(['createRuntime', 'createContainer'] as const)(
    'a %s hook may ignore a large state, and write much',
    (kind) => {
      const annotations = { large: 'x'.repeat(100_000) };
      const script = 'head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2';
      const bundle = bundleWith({ [kind]: [sh(script, { timeout: 20 })] }, { patch: { '/annotations': annotations } });
      box.create({ bundle }).delete();
    },
  );

  test('a large state arrives whole', () => {
    const log = scratchLog();
    const annotations = { large: 'x'.repeat(300_000) };
    const bundle = bundleWith({ createContainer: [mark(log, 'hook')] }, { patch: { '/annotations': annotations } });
    box.create({ bundle }).delete();
    expect(JSON.parse(lines(`${log}.in`)[0] ?? '')).toMatchObject({ annotations });
  });

  // runc waits for the end of the pipe.
  testTsrunc.each(['prestart', 'createContainer'] as const)(
    'a process that a %s hook leaves behind is not waited for',
    async (kind) => {
      const begun = Date.now();
      const container = box.create({ bundle: bundleWith({ [kind]: [sh('sleep 4 & exit 0')] }) });
      expect(Date.now() - begun).toBeLessThan(3_000);
      container.delete();
      await box.clean(container.id);
    },
  );
});

describe('a runtime that is killed', () => {
  testTsrunc.each([
    ['createRuntime', 'create'],
    ['createContainer', 'create'],
    ['startContainer', 'start'],
  ] as const)('takes a %s hook along', async (kind, verb) => {
    const log = scratchLog();
    // The program that the hook becomes tells itself by its argument.
    const seconds = `1${String(Date.now()).slice(-5)}.25`;
    const bundle = bundleWith({ [kind]: [sh(`exec sleep ${seconds}`)], poststop: [mark(log, 'poststop')] });
    const id = box.id();
    if (verb === 'start') box.create({ bundle, id });
    const runtime = box.begin(verb === 'create' ? ['create', '--bundle', bundle, id] : ['start', id]);
    const hooks = (): string[] => sleepers(seconds);
    await until('the hook runs', () => hooks().length > 0);
    runtime.child.kill('SIGKILL');
    await runtime.done;
    await until('the hook is dead', () => hooks().length === 0, 2);
    expect(childrenOf(runtime.pid)).toEqual([]);
    ok(box.runtime(['delete', '--force', id]));
    expect(lines(log)).toEqual(['poststop']);
    await box.clean(id);
  });

  function sleepers(argument: string): string[] {
    const pattern = `^sleep ${argument.replace('.', '\\.')}$`;
    try {
      return execFileSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }
});

testTsrunc('features lists all six kinds', () => {
  const features: { hooks: string[] } = JSON.parse(ok(box.runtime(['features'])).stdout);
  expect(features.hooks).toEqual(KINDS);
});
