import { isFeatures } from '../../../build/validators.ts';
import { type FeatureFacts, features } from '../../../src/spec/features.ts';
import { writeJson } from '../../../src/spec/json.ts';
import { load } from './helpers.ts';

const FACTS: FeatureFacts = {
  version: '0.1.0',
  commit: 'abc',
  mountOptions: new Set(['rro', 'ro', 'bind']),
  cgroup: { systemd: false, systemdUser: false, rdma: true },
  seccomp: { libseccomp: '2.5.4', supportedFlags: ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG'] },
  apparmor: true,
  selinux: false,
  intelRdt: { enabled: true, schemata: true, monitoring: false },
  memoryPolicy: true,
  idmap: true,
  netDevices: true,
  checkpoint: false,
};

test('the document fits the schema of the specification', () => {
  expect(isFeatures(features(FACTS))).toBe(true);
});

test('clients find the keys that they act on', () => {
  const document = features(FACTS);
  expect(document.ociVersionMin).toBe('1.0.0');
  expect(document.ociVersionMax).toBe('1.3.0');
  expect(document.mountOptions).toEqual(['bind', 'rro', 'ro'].sort());
  expect(document.linux?.namespaces).toEqual(['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts']);
  expect(document.linux?.capabilities).toHaveLength(41);
  expect(document.linux?.cgroup).toEqual({ v1: false, v2: true, systemd: false, systemdUser: false, rdma: true });
  expect(document.linux?.mountExtensions).toEqual({ idmap: { enabled: true } });
  expect(document.linux?.seccomp?.supportedFlags).toEqual(['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC']);
  expect(document.annotations).toEqual({
    'io.github.seccomp.libseccomp.version': '2.5.4',
    'org.opencontainers.runc.checkpoint.enabled': 'false',
    'run.oci.tsrunc.commit': 'abc',
    'run.oci.tsrunc.version': '0.1.0',
  });
});

test('the keys are in the order of other runtimes', () => {
  const document = features(FACTS);
  expect(Object.keys(document)).toEqual([
    'ociVersionMin',
    'ociVersionMax',
    'hooks',
    'mountOptions',
    'linux',
    'annotations',
    'potentiallyUnsafeConfigAnnotations',
  ]);
  expect(Object.keys(document.linux ?? {})).toEqual([
    'namespaces',
    'capabilities',
    'cgroup',
    'seccomp',
    'apparmor',
    'selinux',
    'intelRdt',
    'memoryPolicy',
    'mountExtensions',
    'netDevices',
  ]);
});

test('what is not built in is said to be disabled, or left out', () => {
  const { seccomp: _seccomp, commit: _commit, ...rest } = FACTS;
  const document = features({
    ...rest,
    memoryPolicy: false,
    idmap: false,
    netDevices: false,
    hooks: ['poststop'],
    namespaces: ['pid'],
  });
  expect(document.linux?.seccomp).toEqual({ enabled: false });
  expect(document.linux?.memoryPolicy).toBeUndefined();
  expect(document.linux?.mountExtensions).toEqual({ idmap: { enabled: false } });
  expect(document.hooks).toEqual(['poststop']);
  expect(document.linux?.namespaces).toEqual(['pid']);
  expect(Object.keys(document.annotations ?? {})).toEqual([
    'org.opencontainers.runc.checkpoint.enabled',
    'run.oci.tsrunc.version',
  ]);
  expect(writeJson(document, '    ')).toContain('\n    "ociVersionMin": "1.0.0",\n');
});

test('both versions that it names are accepted in a config.json', () => {
  const { ociVersionMin, ociVersionMax } = features(FACTS);
  for (const ociVersion of [ociVersionMin, ociVersionMax]) {
    expect(load({ ociVersion, root: { path: 'rootfs' } }).problems).toEqual([]);
  }
});
