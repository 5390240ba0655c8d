import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/spec/config.ts';
import { defaultConfig, rootlessConfig } from '../../../src/spec/default.ts';
import { writeJson } from '../../../src/spec/json.ts';
import { load } from './helpers.ts';

/** What the installed runc writes, or nothing if there is none. */
function runcSpec(...options: string[]): string | undefined {
  const bundle = mkdtempSync(join(tmpdir(), 'tsrunc-spec-'));
  try {
    execFileSync('runc', ['spec', '--bundle', bundle, ...options], { stdio: 'ignore' });
    return readFileSync(join(bundle, 'config.json'), 'utf8');
  } catch {
    return undefined;
  } finally {
    rmSync(bundle, { recursive: true });
  }
}

/** Our configuration with the differences that are meant undone, so that the rest must be the same to the letter. */
function asRunc(config: Config, theirs: string): string {
  const other: { ociVersion: string; process: Record<string, unknown>; linux: { namespaces: unknown[] } } =
    JSON.parse(theirs);
  const { process, linux, ...rest } = config;
  const capabilities = process?.capabilities;
  const old = JSON.stringify(other).includes('"ambient"');
  const hasCgroupNamespace = JSON.stringify(other.linux.namespaces).includes('"cgroup"');
  return writeJson(
    {
      ociVersion: other.ociVersion,
      // runc before 1.2 also set ambient capabilities, and makes a cgroup namespace only where cgroup v2 is mounted.
      process: { ...process, capabilities: { ...capabilities, ...(old && { ambient: capabilities?.bounding }) } },
      root: rest.root,
      hostname: 'runc',
      mounts: rest.mounts,
      linux: {
        ...linux,
        namespaces: linux?.namespaces?.filter(({ type }) => type !== 'cgroup' || hasCgroupNamespace),
      },
    },
    '\t',
  );
}

const theirs = runcSpec();
const theirRootless = runcSpec('--rootless');
const withRunc = theirs === undefined || theirRootless === undefined ? test.skip : test;

withRunc('the default configuration is that of runc, but for the name and what newer versions changed', () => {
  expect(asRunc(defaultConfig(), theirs ?? '')).toBe(theirs);
});

withRunc('the rootless configuration is that of runc, but for the name and what newer versions changed', () => {
  const caller = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  expect(asRunc(rootlessConfig(caller), theirRootless ?? '')).toBe(theirRootless);
});

test.each([
  ['default', defaultConfig()],
  ['rootless', rootlessConfig({ uid: 1000, gid: 100 })],
])('the %s configuration has no problems and is read back as it is', (_name, config) => {
  const { config: read, problems } = load(config);
  expect(problems).toEqual([]);
  expect(read).toEqual(config);
});

test('the default configuration has its own name, the current version and all namespaces but user and time', () => {
  const config = defaultConfig();
  expect(config.hostname).toBe('tsrunc');
  expect(config.ociVersion).toBe('1.3.0');
  expect(config.linux?.namespaces?.map(({ type }) => type)).toEqual([
    'pid',
    'network',
    'ipc',
    'uts',
    'mount',
    'cgroup',
  ]);
});

test('the rootless configuration maps root to the caller, and nobody else', () => {
  const { linux } = rootlessConfig({ uid: 1000, gid: 100 });
  expect(linux?.uidMappings).toEqual([{ containerID: 0, hostID: 1000, size: 1 }]);
  expect(linux?.gidMappings).toEqual([{ containerID: 0, hostID: 100, size: 1 }]);
  expect(linux?.resources).toBeUndefined();
});
