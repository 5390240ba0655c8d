/**
 * `make conformance RUNTIME_TOOLS=DIR`: runs the programs of a built opencontainers/runtime-tools and says which
 * failed that should not have. TSRUNC names another runtime, TIMEOUT the seconds that a program gets.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXPECTED_FAILURES } from './expected.ts';
import { exitStatus, lineOf, type Ran, summary } from './report.ts';
import { verdict } from './tap.ts';

const suite = resolve(process.env['RUNTIME_TOOLS'] ?? fail('RUNTIME_TOOLS names no directory'));
const runtime = resolve(process.env['TSRUNC'] ?? 'bin/tsrunc');
const timeout = Number(process.env['TIMEOUT'] ?? 60) * 1000;

runAll();

function runAll(): void {
  const programs = programsOf(suite);
  if (namespaceOf('self') === namespaceOf(process.ppid)) fail('run it by `make conformance`: it mounts over /run');
  makeEnvironment();
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-conformance-'));
  try {
    const ran = programs.map((program) => {
      const result = run(program, scratch);
      console.log(lineOf(result, EXPECTED_FAILURES));
      return result;
    });
    console.log(summary(ran, EXPECTED_FAILURES));
    process.exitCode = exitStatus(ran, EXPECTED_FAILURES);
  } finally {
    cleanUp();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function programsOf(directory: string): string[] {
  const validation = join(directory, 'validation');
  const names = existsSync(validation) ? readdirSync(validation).sort() : [];
  const built = names.filter((name) => existsSync(join(validation, name, `${name}.t`)));
  const missing = ['runtimetest', `rootfs-amd64.tar.gz`].filter((name) => !existsSync(join(directory, name)));
  if (built.length === 0 || missing.length > 0)
    fail(`${directory} is no built runtime-tools: run \`make runtimetest validation-executables\` there`);
  return built;
}

function namespaceOf(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/mnt`);
}

/** Pure cgroup v2, whatever the machine has, and a /run that disappears with this process. */
function makeEnvironment(): void {
  spawnSync('umount', ['--recursive', '--lazy', '/sys/fs/cgroup'], { stdio: 'ignore' });
  execFileSync('mount', ['-t', 'cgroup2', 'cgroup2', '/sys/fs/cgroup']);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
}

function run(program: string, scratch: string): Ran {
  const { status, stdout, stderr } = spawnSync(join(suite, 'validation', program, `${program}.t`), {
    cwd: suite,
    env: { ...process.env, RUNTIME: runtime, TMPDIR: scratch },
    encoding: 'utf8',
    timeout,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  return { program, verdict: verdict({ output: stdout, errors: stderr, status }) };
}

/** What failing programs have left. */
function cleanUp(): void {
  const { stdout } = spawnSync(runtime, ['list', '--quiet'], { encoding: 'utf8', timeout });
  for (const id of (stdout ?? '').split('\n').filter(Boolean))
    spawnSync(runtime, ['delete', '--force', id], { timeout });
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
