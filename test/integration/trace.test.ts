import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from './support/host.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('trace');

interface Event {
  readonly ph: string;
  readonly cat?: string;
  readonly name: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string>>;
}

function traced(suffix: string, script = 'true'): string {
  const file = path.join(box.scratch(), `trace.${suffix}`);
  const id = box.id();
  const { stderr } = ok(box.runtime(['--trace', file, 'run', '--bundle', box.bundle({ script }), id]));
  expect(stderr).toBe('');
  return fs.readFileSync(file, 'utf8');
}

function events(): Event[] {
  return JSON.parse(traced('json')).traceEvents;
}

testTsrunc('every step and every call is there, with its process, its arguments and its answer', () => {
  const all = events();
  const threads = all.filter(({ name }) => name === 'thread_name').map(({ args }) => args['name']);
  expect(threads.sort()).toEqual(['builder', 'init', 'runtime', 'steps']);
  const steps = all.filter(({ cat }) => cat === 'step').map(({ name }) => name);
  for (const step of ['make the cgroup', 'start the builder', 'publish the container', 'execute the program']) {
    expect(steps).toContain(step);
  }
  const calls = all.filter(({ cat }) => cat === 'syscall');
  expect(calls.length).toBeGreaterThan(200);
  const pivot = calls.find(({ name }) => name === 'pivot_root');
  expect(pivot?.args).toEqual({ args: '".", "."', result: '0', step: expect.stringMatching(/root/) });
  // What execve did no stub lives to tell.
  expect(calls.find(({ name }) => name === 'execve')?.args).toMatchObject({ result: '?' });
});

testTsrunc('the steps cover the time from the first call to the last', () => {
  const all = events();
  const calls = all.filter(({ cat }) => cat === 'syscall');
  const steps = all.filter(({ cat }) => cat === 'step');
  const first = Math.min(...calls.map(({ ts }) => ts));
  const last = Math.max(...calls.map(({ ts, dur }) => ts + dur));
  const covered = steps.reduce(
    (sum, { ts, dur }) => sum + Math.max(0, Math.min(ts + dur, last) - Math.max(ts, first)),
    0,
  );
  expect(covered / (last - first)).toBeGreaterThan(0.95);
  const named = steps.filter(({ name }) => name !== 'begin' && name !== 'go on');
  expect(named.length).toBeGreaterThan(30);
});

testTsrunc('the table has the steps with the calls below them', () => {
  const lines = traced('txt').split('\n');
  const at = lines.findIndex((line) => /^ *\d+\.\d{3} +\d+\.\d{3} {2}mount proc on \/proc \(\/mounts\/0\)$/.test(line));
  expect(at).toBeGreaterThan(0);
  expect(lines[0]).toMatch(/^tsrunc --root \S+ --trace \S+ run /);
  expect(lines.some((line) => /init: fsopen\("proc", FSOPEN_CLOEXEC\) = \d+$/.test(line))).toBe(true);
});

testTsrunc('the page needs nothing else, and no name can break out of its script', () => {
  const page = traced('html', 'true "</script><script>alert(1)"');
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain('\\u003cscript>alert(1)');
  expect(page).not.toMatch(/src=|href=|https?:/);
});

const browser = which('chromium-headless-shell') ?? which('chromium');

/** What a browser makes of a page, and what it complains about. */
function opened(page: string): { dom: string; complaints: string[] } {
  const file = path.join(box.scratch(), 'page.html');
  fs.writeFileSync(file, page);
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--enable-logging=stderr',
    '--virtual-time-budget=2000',
  ];
  const profile = `--user-data-dir=${box.scratch()}`;
  const { stdout, stderr } = spawnSync(`${browser}`, [...flags, profile, '--dump-dom', `file://${file}`], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { dom: stdout, complaints: stderr.split('\n').filter((line) => line.includes('CONSOLE')) };
}

// Which machines have is theirs to say; CI's has one.
(browser ? testTsrunc : test.skip)('a browser shows the page, and has no complaint', () => {
  const page = traced('html');
  const { dom, complaints } = opened(page);
  expect(complaints).toEqual([]);
  expect(dom).toMatch(/<p id="sum">[\d.]+ ms, \d+ steps, \d{3} calls<\/p>/);
  expect(dom.match(/<tr><td>/g)).toHaveLength(25);
  expect(dom).toMatch(/<td>init<\/td><td>\w+\(.* and \d+ more, in one batch<\/td>/);
  expect(dom).toMatch(/<canvas [^>]*width="[1-9]\d+"/);
  // A page with a mistake would have been noticed.
  expect(opened(page.replace('draw();\n</script>', 'drawn();\n</script>')).complaints).toEqual([
    expect.stringContaining('drawn is not defined'),
  ]);
});

testTsrunc('a failing command leaves its trace as well', () => {
  const file = path.join(box.scratch(), 'trace.json');
  const bundle = box.bundle({ patch: { '/mounts/0/destination': '/proc', '/mounts/0/options': ['nosuch'] } });
  refused(box.runtime(['--trace', file, 'create', '--bundle', bundle, box.id()]), /nosuch/);
  const { traceEvents } = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(traceEvents.some(({ args }: Event) => args['result'] === 'EINVAL')).toBe(true);
});

testTsrunc('every command can be traced', () => {
  const bundle = box.bundle({ script: 'sleep 100' });
  const id = box.id();
  const file = path.join(box.scratch(), 'trace.json');
  const life: readonly (readonly string[])[] = [
    ['create', '--bundle', bundle, id],
    ['start', id],
    ['exec', id, 'true'],
    ...['state', 'ps', 'pause', 'resume', 'update'].map((verb) => [verb, id]),
    ['events', '--stats', id],
    ['kill', id, 'KILL'],
    ['delete', '--force', id],
    ['list'],
    ['spec', '--bundle', box.scratch()],
    ['validate', '--bundle', bundle],
    ['plan', '--bundle', bundle],
    ['check'],
    ['gc', '--dry-run'],
  ];
  for (const args of life) {
    const { status, stderr } = box.runtime(['--trace', file, ...args]);
    expect([args, status, stderr]).toEqual([args, args[0] === 'check' ? expect.any(Number) : 0, '']);
    const { traceEvents } = JSON.parse(fs.readFileSync(file, 'utf8'));
    const calls = traceEvents.filter(({ cat }: Event) => cat === 'syscall');
    expect([args, calls.length > 0]).toEqual([args, true]);
  }
});

testTsrunc('a trace of another kind, or where none can be written, is refused', () => {
  refused(box.runtime(['--trace', '/tmp/x.pdf', 'list']), /a trace is a \.json, \.html or \.txt file/);
  refused(box.runtime(['--trace', '/nonexistent/x.json', 'list']), /cannot open the trace/);
});
