import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Case, dumps, restores } from './checkpoint/cases.ts';
import { type Asked, StandIn } from './checkpoint/stand-in.ts';
import type { Container } from './support/container.ts';
import { isAlive, slurp } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { isTsrunc, ok, REFERENCE, type RunOptions, refused } from './support/runtime.ts';
import { type CreateOptions, sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

/** What the runtime asks criu for, and what it makes of the answers. The real one is in checkpoint-criu.test.ts. */

const box = sandbox('checkpoint');
let criu: StandIn;
beforeAll(() => {
  criu = new StandIn(box);
});

const forTsrunc = isTsrunc ? describe : describe.skip;

function running(options: CreateOptions = {}): { container: Container; bundle: string } {
  const bundle = options.bundle ?? box.bundle({ script: 'exec sleep 1000', ...options });
  return { container: box.create({ ...options, bundle }).start(), bundle };
}

function checkpoint(id: string, images: string, flags: readonly string[] = [], caller: RunOptions = {}) {
  return box.runtime(['checkpoint', '--image-path', images, ...flags, id], { ...criu.caller(), ...caller });
}

function restore(id: string, images: string, bundle: string, flags: readonly string[] = [], caller: RunOptions = {}) {
  const words = ['restore', '--detach', '--bundle', bundle, '--image-path', images, ...flags, id];
  return box.runtime(words, { ...criu.caller(), ...caller });
}

/** Without what is different each time: descriptors, PIDs, directories of the runtime's own, mounts. */
function plain({ opts = {} }: Asked): Record<string, unknown> {
  const { pid, root, images_dir_fd, work_dir_fd, ext_mnt, freeze_cgroup, cg_root, inherit_fd, external, ...rest } =
    opts;
  // Of an older wording, which the newer one overrides.
  const { manage_cgroups, manage_cgroups_mode: mode, ...others } = rest;
  // Runc 1.1 says it only at a checkpoint, and only if it is asked to.
  const words = { ...others, ...(isTsrunc && { manage_cgroups_mode: mode }) };
  const unset = new Set(['track_mem', 'tcp_skip_in_flight', 'link_remap', 'ps', 'parent_img']);
  return Object.fromEntries(Object.entries(words).filter(([key, value]) => !(unset.has(key) && !value)));
}

function expected(always: Readonly<Record<string, unknown>>, opts: Case['opts']): Record<string, unknown> {
  const all: Record<string, unknown> = { ...always, ...opts };
  if (!isTsrunc) delete all['manage_cgroups_mode'];
  return all;
}

describe('checkpoint', () => {
  test.each(dumps.cases.map((one): [string, Case] => [one.flags.join(' '), one]))(
    'with %p says so to criu',
    (_, { flags, opts, newer }) => {
      if (newer && !isTsrunc) return;
      const { container } = running();
      const images = path.join(box.scratch(), 'images');
      ok(checkpoint(container.id, images, flags));
      const asked = criu.work();
      expect(plain(asked)).toEqual(expected(dumps.always, opts));
      expect(asked).toMatchObject({ type: flags.includes('--pre-dump') ? 'PRE_DUMP' : 'DUMP', images });
      const stays = flags.includes('--leave-running') || flags.includes('--pre-dump');
      // Runc does not wait for the end of what was saved, and may leave the container.
      if (isTsrunc || stays) expect(box.containers().includes(container.id)).toBe(stays);
      ok(container.call(['delete', '--force', container.id]));
    },
  );

  test('names the process, the root and the directories, which it makes', () => {
    const { container } = running();
    const { pid } = container;
    const [images, work] = ['images', 'work'].map((name) => path.join(box.scratch(), name));
    ok(checkpoint(container.id, images ?? '', ['--work-path', work ?? '']));
    expect(criu.work()).toMatchObject({ images, work, opts: { pid, root: box.rootfs } });
    if (isTsrunc) expect(fs.statSync(images ?? '').mode & 0o777).toBe(0o700);
  });

  test('saves into ./checkpoint unless told otherwise', () => {
    const { container } = running();
    const cwd = box.scratch();
    ok(box.runtime(['checkpoint', container.id], { ...criu.caller(), cwd }));
    expect(criu.work().images).toBe(`${cwd}/checkpoint`);
  });

  test('names what is not of the container: bind mounts, masks, devices', () => {
    const source = box.scratch();
    const mount = { destination: '/mnt/../mnt', type: 'bind', source, options: ['bind'] };
    const { container } = running({
      patch: { '/mounts/-': [mount], '/linux/maskedPaths': ['/proc/meminfo', '/sys/kernel'] },
    });
    ok(checkpoint(container.id, box.scratch()));
    const mounts = criu.work().opts?.['ext_mnt'];
    expect(mounts).toContainEqual({ key: '/mnt', val: '/mnt' });
    expect(mounts).toContainEqual({ key: '/proc/meminfo', val: '/dev/null' });
    expect(mounts).not.toContainEqual(expect.objectContaining({ key: '/sys/kernel' }));
    expect(mounts).toContainEqual({ key: '/dev/null', val: '/dev/null' });
  });

  test('leaves a network namespace out that was joined by its path', () => {
    const holder = box.create({ script: 'exec sleep 1000' });
    const file = `/proc/${holder.pid}/ns/net`;
    const { container } = running({ patch: { '/linux/namespaces/1/path': file } });
    ok(checkpoint(container.id, box.scratch()));
    expect(criu.work().opts?.['external']).toContain(`net[${fs.statSync(file).ino}]:extRootNetNS`);
    holder.delete('--force');
  });

  test.each([
    [{}, '/etc/criu/runc.conf'],
    [{ 'org.criu.config': '/etc/mine' }, '/etc/mine'],
    [{ 'org.criu.config': '' }, undefined],
  ])('with the annotations %j has criu read %s', (annotations, file) => {
    const { container } = running({ patch: { '/annotations': annotations } });
    ok(checkpoint(container.id, box.scratch()));
    expect(criu.work().opts?.['config_file']).toBe(file);
  });

  test('works on a paused container', () => {
    const { container } = running();
    ok(container.call(['pause', container.id]));
    ok(checkpoint(container.id, box.scratch()));
    expect(criu.work().type).toBe('DUMP');
  });

  test('is refused for one that is created, or has stopped', async () => {
    const container = box.create();
    refused(checkpoint(container.id, box.scratch()), 'Container cannot be checkpointed in created state');
    container.start();
    await container.stopped();
    refused(checkpoint(container.id, box.scratch()), 'Container cannot be checkpointed in stopped state');
    expect(criu.asked().filter(({ type }) => type === 'DUMP')).toEqual([]);
    container.delete();
  });

  test.each([
    [['--parent-path', '/absolute'], '--parent-path must be relative'],
    [['--parent-path', 'nowhere'], 'invalid --parent-path'],
    [['--page-server', '192.0.2.1'], 'Use --page-server ADDRESS:PORT to specify page server'],
    [['--page-server', '192.0.2.1:many'], 'Invalid port number'],
    [['--empty-ns', 'pid'], /namespace \\?"pid\\?" is not supported/],
    [['--manage-cgroups-mode', 'hard'], /[iI]nvalid manage.cgroups.mode/],
    [['--lazy-pages', '--status-fd', '99'], 'invalid --status-fd argument 99: bad file descriptor'],
  ])('with %j is refused, and the container goes on', (flags, words) => {
    const { container } = running();
    const outcome = checkpoint(container.id, box.scratch(), flags);
    // Runc complains that it could not delete the container, too.
    if (isTsrunc) refused(outcome, words);
    else expect([outcome.status, outcome.stderr]).toEqual([1, expect.stringMatching(words)]);
    expect(container.state().status).toBe('running');
    container.delete('--force');
    criu.asked();
  });

  test('tells who waits for lazy pages by a zero byte', () => {
    const { container } = running();
    const file = path.join(box.scratch(), 'told');
    const fd = fs.openSync(file, 'w');
    const stdio = ['ignore', 'ignore', 'ignore', fd] as const;
    ok(checkpoint(container.id, box.scratch(), ['--lazy-pages', '--status-fd', '3'], { stdio: [...stdio] }));
    fs.closeSync(fd);
    expect(fs.readFileSync(file)).toEqual(Buffer.of(0));
    criu.asked();
  });
});

describe('restore', () => {
  let images: string;
  let bundle: string;
  const patch: Patch = { '/annotations': { color: 'red' } };
  beforeAll(() => {
    images = path.join(box.scratch(), 'images');
    const saved = running({ patch });
    bundle = saved.bundle;
    ok(checkpoint(saved.container.id, images));
    criu.asked();
  });

  function restored(flags: readonly string[] = []) {
    const id = box.id();
    ok(restore(id, images, bundle, flags));
    const state = JSON.parse(ok(box.runtime(['state', id])).stdout);
    return { id, state, asked: criu.work() };
  }

  const end = (id: string): void => void ok(box.runtime(['delete', '--force', id]));

  test.each(restores.cases.map((one): [string, Case] => [one.flags.join(' '), one]))(
    'with %p says so to criu',
    (_, { flags, opts, newer }) => {
      if (newer && !isTsrunc) return;
      const { id, asked } = restored(flags);
      expect(plain(asked)).toEqual(expected(restores.always, opts));
      expect(asked).toMatchObject({ type: 'RESTORE', images, mounted: true });
      end(id);
    },
  );

  test('gives a container that has a state, a cgroup and a PID, and can be ended', async () => {
    const pidFile = path.join(box.scratch(), 'pid');
    const { id, state, asked } = restored(['--pid-file', pidFile]);
    expect(state).toMatchObject({ id, status: 'running', bundle, annotations: { color: 'red' } });
    expect(slurp(pidFile)).toBe(String(state.pid));
    expect(asked.cgroup).toContain(id);
    expect(asked.opts?.['cg_root']).toContainEqual(isTsrunc ? { ctrl: '', path: asked.cgroup } : expect.anything());
    ok(box.runtime(['kill', id, 'KILL']));
    await until('it has ended', () => !isAlive(state.pid));
    ok(box.runtime(['delete', id]));
    await box.clean(id);
  });

  test('leaves nothing of what criu needed', () => {
    const { id } = restored();
    expect(fs.readdirSync(path.join(box.root, id)).filter((name) => name.includes('criu'))).toEqual([]);
    end(id);
  });

  test('says what is mounted in place of what was not the container’s', () => {
    const source = box.scratch();
    const config = box.bundle({ patch: { '/mounts/-': [{ destination: '/mnt', source, options: ['rbind'] }] } });
    const id = box.id();
    ok(restore(id, images, config));
    const mounts = criu.work().opts?.['ext_mnt'];
    expect(mounts).toContainEqual({ key: '/mnt', val: source });
    expect(mounts).toContainEqual({ key: '/dev/null', val: '/dev/null' });
    end(id);
  });

  test('makes mount points that the rootfs lacks, in bind mounts too', () => {
    const source = box.scratch();
    const config = box.bundle({
      ownRootfs: true,
      patch: {
        '/mounts/-': [
          { destination: '/new/place', source, options: ['bind'] },
          { destination: '/new/place/inner', source: '/etc/hostname', options: ['bind'] },
        ],
      },
    });
    const id = box.id();
    ok(restore(id, images, config));
    expect(fs.statSync(path.join(config, 'rootfs/new/place')).isDirectory()).toBe(true);
    expect(fs.statSync(path.join(source, 'inner')).isFile()).toBe(true);
    criu.asked();
    end(id);
  });

  test('hands over the namespaces that are joined by path', () => {
    const holder = box.create({ script: 'exec sleep 1000' });
    const net = `/proc/${holder.pid}/ns/net`;
    const uts = `/proc/${holder.pid}/ns/uts`;
    const config = box.bundle({
      patch: { '/linux/namespaces/1/path': net, '/linux/namespaces/3/path': uts, '/hostname': '' },
    });
    const id = box.id();
    ok(restore(id, images, config));
    const { opts = {}, inherited } = criu.work();
    expect(opts['join_ns']).toEqual([{ ns: 'uts', ns_file: uts }]);
    expect(opts['inherit_fd']).toContainEqual({ key: 'extRootNetNS', fd: expect.any(Number) });
    expect(inherited).toContain(`net:[${fs.statSync(net).ino}]`);
    end(id);
    holder.delete('--force');
  });

  test('gives the streams of its caller for pipes that led out of the container', () => {
    const saved = path.join(box.scratch(), 'images');
    const id = box.id();
    const config = box.bundle({ script: 'exec sleep 1000' });
    const sh = (line: string): string =>
      execFileSync('sh', ['-c', line], { encoding: 'utf8', env: { ...criu.caller().env }, timeout: 20_000 });
    sh(`: | ${runtimeLine(['run', '-d', '--bundle', config, id])} 2>&1 | :`);
    ok(checkpoint(id, saved));
    criu.asked();
    expect(JSON.parse(slurp(`${saved}/descriptors.json`))).toEqual(
      Array(3).fill(expect.stringMatching(/^pipe:\[\d+\]$/)),
    );
    const names: string[] = JSON.parse(slurp(`${saved}/descriptors.json`));
    ok(restore(id, saved, config));
    const { opts = {} } = criu.work();
    expect(opts['inherit_fd']).toEqual(names.map((key, fd) => ({ key, fd })));
    end(id);
  });

  test('has the directory for the socket of systemd’s again', () => {
    const env = { ...criu.caller().env, NOTIFY_SOCKET: '/run/systemd/notify' };
    const config = box.bundle({ script: 'exec sleep 1000' });
    const saved = path.join(box.scratch(), 'images');
    const container = box.create({ bundle: config, env }).start();
    ok(checkpoint(container.id, saved));
    expect(criu.work().opts?.['ext_mnt']).toContainEqual({ key: '/run/notify', val: '/run/notify' });
    const id = box.id();
    ok(restore(id, saved, config, [], { env }));
    const source = path.join(box.root, id, 'notify');
    expect(criu.work().opts?.['ext_mnt']).toContainEqual({ key: '/run/notify', val: source });
    expect(fs.statSync(source).isDirectory()).toBe(true);
    end(id);
  });

  test('runs the hooks that give a container its network', () => {
    const out = path.join(box.scratch(), 'out');
    const hook = { path: '/bin/sh', args: ['sh', '-c', `cat >> ${out}`] };
    const config = box.bundle({ patch: { '/hooks': { prestart: [hook], createRuntime: [hook], poststart: [hook] } } });
    const id = box.id();
    ok(restore(id, images, config));
    criu.asked();
    const heard = slurp(out).match(/"pid":\s*(\d+)/g);
    const { pid } = JSON.parse(ok(box.runtime(['state', id])).stdout);
    expect(heard).toEqual([expect.stringContaining(String(pid)), expect.stringContaining(String(pid))]);
    end(id);
  });

  test('in the foreground waits, forwards signals and gives the exit status', async () => {
    const id = box.id();
    const call = box.begin(['restore', '--bundle', bundle, '--image-path', images, id], criu.caller());
    await until('it runs', () => box.runtime(['state', id]).stdout.includes('running'));
    // What the stand-in restores listens only after a moment.
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(call.pid, 'SIGTERM');
    expect((await call.done).status).toBe(7);
    expect(box.containers()).not.toContain(id);
    criu.asked();
  });

  test('is refused for an ID that is taken, a bundle or images that are not there', async () => {
    const { container } = running();
    refused(restore(container.id, images, bundle), 'container with given ID already exists');
    container.delete('--force');
    const id = box.id();
    refused(restore(id, `${images}-not`, bundle), 'no such file or directory');
    refused(restore(id, images, '/nonexistent'), 'no such file or directory');
    await box.clean(id);
    criu.asked();
  });

  test('of a terminal needs a console socket when detached', () => {
    const config = box.bundle({ patch: { '/process/terminal': true } });
    refused(
      restore(box.id(), images, config),
      'cannot allocate tty if runc will detach without setting console socket',
    );
  });

  forTsrunc('that goes wrong', () => {
    const faults: [string, { fault?: string; version?: string }, RegExp | string][] = [
      ['refuses', { fault: 'refuse' }, 'criu restore failed: b: the second; b: the third; b: the fourth; its log is '],
      ['dies', { fault: 'die' }, 'criu ended without an answer'],
      ['says nothing of init', { fault: 'silent' }, 'criu has not said which process is init'],
      ['is too old', { version: '3.15' }, 'criu 3.15 is too old: 3.16 or later is needed'],
    ];
    test.each(faults)('because criu %s leaves nothing', async (_, how, words) => {
      const id = box.id();
      refused(restore(id, images, bundle, [], criu.caller(how)), words);
      await box.clean(id);
      criu.asked();
    });

    test('because a hook fails leaves nothing', async () => {
      const hook = { path: '/bin/sh', args: ['sh', '-c', 'echo no network; exit 3'] };
      const config = box.bundle({ patch: { '/hooks': { createRuntime: [hook] } } });
      const id = box.id();
      refused(restore(id, images, config), 'error running createRuntime hook #0: exit status 3, stdout: no network');
      // What criu tells while it gives up is heard as well, or it would wait for ever.
      expect(criu.asked().slice(-2)).toMatchObject([{ notify_success: 0 }, { notify_success: 1 }]);
      await box.clean(id);
    });

    test('because the runtime is killed leaves what delete --force takes away', async () => {
      const id = box.id();
      const words = ['restore', '-d', '--bundle', bundle, '--image-path', images, id];
      const call = box.begin(words, criu.caller({ fault: 'hang' }));
      await until('criu is asked', () => criu.asked().some(({ type }) => type === 'RESTORE'));
      process.kill(call.pid, 'SIGKILL');
      await call.done;
      end(id);
      await box.clean(id);
    });

    test.each(faults.filter(([what]) => !what.startsWith('says')))(
      'at a checkpoint because criu %s lets the container go on',
      (_, how, words) => {
        const { container } = running();
        const expected = String(words).replace('restore', 'dump');
        refused(checkpoint(container.id, box.scratch(), [], criu.caller(how)), expected);
        expect(container.state().status).toBe('running');
        container.delete('--force');
        criu.asked();
      },
    );

    test.each([
      [['--pre-dump'], 'mem_track'],
      [['--lazy-pages'], 'lazy_pages'],
    ])('at a checkpoint with %j because the kernel lacks %s', (flags, feature) => {
      const { container } = running();
      const caller = criu.caller({ fault: 'featureless' });
      refused(checkpoint(container.id, box.scratch(), flags, caller), `it is missing the feature ${feature}`);
      expect(criu.asked().map(({ type }) => type)).toEqual(['VERSION', 'FEATURE_CHECK']);
      container.delete('--force');
    });

    test('for want of criu', () => {
      const { container } = running();
      const nowhere = { env: { PATH: '/nonexistent' } };
      refused(checkpoint(container.id, box.scratch(), [], nowhere), 'criu: executable file not found in $PATH');
      refused(
        checkpoint(container.id, box.scratch(), [], nowhere),
        'checkpoint and restore are done by criu, version 3.16 or later',
      );
      container.delete('--force');
    });
  });
});

forTsrunc('--help', () => {
  test.each(['checkpoint', 'restore'])('of %s fails where there is no criu that can do it', (command) => {
    const status = (caller: RunOptions) => {
      const outcome = box.runtime([command, '--help'], caller);
      expect(outcome.stdout).toContain(`tsrunc ${command} [command options] <container-id>`);
      return outcome.status;
    };
    expect(status(criu.caller())).toBe(0);
    expect(status(criu.caller({ version: '3.15' }))).toBe(1);
    expect(status({ env: { PATH: '/nonexistent' } })).toBe(1);
    criu.asked();
  });

  test('knows the option that podman asks for by leaving its value out', () => {
    const { status, stdout, stderr } = box.runtime(['restore', '--lsm-mount-context']);
    expect([status, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('flag needs an argument')]);
  });
});

/** Beside the machine's runc, of whatever version: all flags at once that go together. */
const besideRunc = isTsrunc && REFERENCE ? describe : describe.skip;

besideRunc('what runc asks for', () => {
  const runc: RunOptions = REFERENCE === undefined ? {} : { runtime: REFERENCE };
  const known = (cases: readonly Case[], without: string): string[] =>
    cases.filter(({ newer, flags }) => !newer && !flags.join(' ').match(without)).flatMap(({ flags }) => flags);

  test.each([[[]], [known(dumps.cases, 'pre-dump')], [['--pre-dump', '--parent-path', '.']]])(
    'at a checkpoint with %j',
    (flags) => {
      const asked = [{}, runc].map((runtime) => {
        const { container } = running(runtime);
        ok(checkpoint(container.id, path.join(box.scratch(), 'images'), flags, runtime));
        const work = criu.work();
        ok(container.call(['delete', '--force', container.id]));
        return comparable(work);
      });
      expect(asked[0]).toEqual(asked[1]);
    },
  );

  test.each([[[]], [known(restores.cases, 'manage-cgroups')]])('at a restore with %j', (flags) => {
    const asked = [{}, runc].map((runtime) => {
      const { container, bundle } = running(runtime);
      const images = path.join(box.scratch(), 'images');
      ok(checkpoint(container.id, images, [], runtime));
      criu.asked();
      // Runc does not wait for the end of what was saved, and may leave the container.
      ok(box.runtime(['delete', '--force', container.id], runtime));
      const id = box.id();
      ok(restore(id, images, bundle, flags, runtime));
      const work = criu.work();
      ok(box.runtime(['delete', '--force', id], runtime));
      return comparable(work);
    });
    expect(asked[0]).toEqual(asked[1]);
  });

  /**
   * Mounts that are listed twice, or that are none, change nothing; which come first does not either. That runc has
   * hierarchies of cgroup v1 to name is a matter of the machine, and that criu should manage cgroups a matter of wording.
   */
  function comparable(work: Asked): unknown {
    const { ext_mnt: mounts } = work.opts ?? {};
    const pairs = Array.isArray(mounts) ? mounts.map(({ key, val }) => `${key} ${val}`) : [];
    const own = pairs.filter((pair) => !pair.startsWith('/sys/fs/cgroup'));
    const words = plain(work);
    const mode = words['manage_cgroups_mode'] ?? 3;
    return { ...words, manage_cgroups_mode: mode, type: work.type, ext_mnt: [...new Set(own)].sort() };
  }
});

function runtimeLine(args: readonly string[]): string {
  const program = process.env['TSRUNC'] ?? path.join(__dirname, '../../bin/tsrunc');
  return [program, '--root', box.root, ...args].map((word) => `'${word}'`).join(' ');
}
