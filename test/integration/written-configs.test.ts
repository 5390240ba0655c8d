import * as fs from 'node:fs';
import * as path from 'node:path';
import { ok, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('written');

const directory = path.join(__dirname, '../fixtures/configs');
const names = fs.readdirSync(directory).filter((name) => name.endsWith('.json'));

interface Config {
  root: { path: string };
  process: { args: string[]; cwd: string };
  mounts: { type?: string; source?: string; options?: string[] }[];
  hooks?: Record<string, { path: string }[]>;
  linux: { resources?: object; devices?: object[] };
}

/** The bundle as its program had it: what the config names of the machine that it was written on is there. */
function bundleOf(name: string): string {
  const config: Config = JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8'));
  const file = path.join(box.scratch(), 'file');
  fs.writeFileSync(file, '');
  config.root.path = box.rootfs;
  for (const mount of config.mounts) {
    if (mount.source?.startsWith('/') && !fs.existsSync(mount.source)) mount.source = file;
  }
  for (const hook of Object.values(config.hooks ?? {}).flat()) hook.path = '/bin/true';
  return box.bundle({ text: JSON.stringify(config) });
}

test('there are configs of every program', () => {
  for (const program of ['docker', 'podman', 'buildah', 'ctr', 'runc-spec', 'crun-spec', 'tsrunc-spec']) {
    expect(names.some((name) => name.startsWith(program))).toBe(true);
  }
  expect(names.length).toBeGreaterThanOrEqual(16);
});

describe.each(names)('%s', (name) => {
  testTsrunc('there is nothing wrong with it', () => {
    const bundle = box.bundle({ text: fs.readFileSync(path.join(directory, name), 'utf8') });
    const { stdout } = ok(box.runtime(['validate', '--strict', '--no-host', '--bundle', bundle]));
    expect(stdout).toMatch(/: no problems found\n$/);
  });

  testTsrunc('of this machine it lacks nothing but limits that cgroup v1 holds', () => {
    const { stdout } = box.runtime(['validate', '--strict', '--bundle', bundleOf(name), '--format', 'json']);
    const problems: { pointer: string; message: string }[] = JSON.parse(stdout).problems;
    expect(problems.filter(({ message }) => !/cannot be set: .* has no \w+ controller/.test(message))).toEqual([]);
  });

  testTsrunc('what would be done with it can be planned', () => {
    const args = ['--cgroup-manager', 'disabled', 'plan', '--bundle', bundleOf(name), '--format', 'json'];
    const steps: { step: string; calls: object[] }[] = JSON.parse(ok(box.runtime(args)).stdout).steps;
    expect(steps.map(({ step }) => step)).toContain('execute the program');
    expect(steps.flatMap(({ calls }) => calls).length).toBeGreaterThan(100);
  });
});
