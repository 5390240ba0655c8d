import { deviceRules } from '../../../../../src/libcontainer/cgroups/devices/rules.ts';
import { cgroupWrites } from '../../../../../src/libcontainer/cgroups/resources.ts';
import { annotatedProperties } from '../../../../../src/libcontainer/cgroups/systemd/annotations.ts';
import { deviceProperties } from '../../../../../src/libcontainer/cgroups/systemd/devices.ts';
import { limitProperties } from '../../../../../src/libcontainer/cgroups/systemd/properties.ts';
import { slicePath, unitFor, unitPath } from '../../../../../src/libcontainer/cgroups/systemd/unit.ts';
import type { Resources, DeviceRule as SpecRule } from '../../../../../src/spec/config-linux.ts';
import { text } from './bus.ts';

const INFINITY = 18446744073709551615n;

function properties(resources: Resources, version = 259): Record<string, unknown> {
  const all = limitProperties(cgroupWrites(resources), version);
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

test.each<[Resources, Record<string, unknown>]>([
  [{}, {}],
  [{ memory: { limit: 4096, reservation: 2048 } }, { MemoryMax: 4096n, MemoryLow: 2048n }],
  [{ memory: { limit: -1 } }, { MemoryMax: INFINITY, MemorySwapMax: INFINITY }],
  [{ memory: { limit: 4096, swap: 4096 } }, { MemoryMax: 4096n, MemorySwapMax: 0n }],
  [{ pids: { limit: 0 } }, { TasksMax: 1n }],
  [{ pids: { limit: -1 } }, { TasksMax: INFINITY }],
  [{ cpu: { shares: 1024 } }, { CPUWeight: 100n }],
  [{ cpu: { shares: 1024, idle: 1 } }, { CPUWeight: 0n }],
  [{ cpu: { quota: 50000, period: 100000 } }, { CPUQuotaPerSecUSec: 500000n, CPUQuotaPeriodUSec: 100000n }],
  // A whole percent more, never less.
  [{ cpu: { quota: 33333, period: 100000 } }, { CPUQuotaPerSecUSec: 340000n, CPUQuotaPeriodUSec: 100000n }],
  [{ cpu: { quota: -1 } }, { CPUQuotaPerSecUSec: INFINITY, CPUQuotaPeriodUSec: 100000n }],
  [{ cpu: { cpus: '0-2,9', mems: '0' } }, { AllowedCPUs: [7, 2], AllowedMemoryNodes: [1] }],
  [{ cpu: { cpus: '0-31:2/4' } }, {}],
  [{ blockIO: { weight: 1000 } }, { IOWeight: 10000n }],
  [{ unified: { 'memory.high': '4096', 'memory.min': 'max' } }, { MemoryHigh: 4096n, MemoryMin: INFINITY }],
  [{ unified: { 'cpu.max': 'max' } }, { CPUQuotaPerSecUSec: INFINITY, CPUQuotaPeriodUSec: 100000n }],
  [{ unified: { 'memory.oom.group': '1' } }, { OOMPolicy: 'kill' }],
  [{ unified: { 'memory.max': '1G', 'hugetlb.2MB.max': '1', 'cpuset.cpus': '' } }, { AllowedCPUs: [] }],
  // The last word is that of `unified`, as with the files.
  [{ pids: { limit: 5 }, unified: { 'pids.max': '7' } }, { TasksMax: 7n }],
])('%j is told to systemd as its own properties', (resources, expected) => {
  expect(properties(resources)).toEqual(expected);
});

test('an older systemd is not told what it does not know', () => {
  const resources = { cpu: { idle: 1, cpus: '0' }, unified: { 'memory.oom.group': '1' } };
  expect(properties(resources, 243)).toEqual({});
  expect(properties(resources, 252)).toEqual({ AllowedCPUs: [1], CPUWeight: 0n });
});

function allowed(...devices: SpecRule[]): unknown {
  return deviceProperties(deviceRules({ resources: { devices } })).find(({ name }) => name === 'DeviceAllow')?.value;
}

const deny = (rule: Partial<SpecRule> = {}): SpecRule => ({ allow: false, access: 'rwm', ...rule });
const allow = (rule: Partial<SpecRule> = {}): SpecRule => ({ allow: true, access: 'rwm', ...rule });

test('the default devices are always allowed', () => {
  expect(allowed()).toEqual([
    ['char-*', 'm'],
    ['block-*', 'm'],
    ...['1:3', '1:8', '1:7', '5:0', '1:5', '1:9'].map((device) => [`/dev/char/${device}`, 'rwm']),
    ['char-136', 'rwm'],
    ['/dev/char/5:2', 'rwm'],
    ['/dev/char/10:200', 'rwm'],
  ]);
});

test.each<[string, SpecRule[], [string, string][]]>([
  [
    'everything',
    [allow()],
    [
      ['block-*', 'rwm'],
      ['char-*', 'rwm'],
    ],
  ],
  ['one device', [deny(), allow({ type: 'c', major: 10, minor: 229, access: 'rw' })], [['/dev/char/10:229', 'rw']]],
  ['a major number', [allow({ type: 'b', major: 8 })], [['block-8', 'rwm']]],
  ['a minor number of all', [allow({ type: 'c', minor: 3, access: 'r' })], [['char-*', 'rm']]],
  ['what is denied later as a whole', [allow({ type: 'c', major: 7, minor: 1 }), deny({ type: 'c', major: 7 })], []],
  [
    'what is denied later in part',
    [allow({ type: 'b', major: 8, minor: 1 }), deny({ access: 'w' })],
    [['/dev/block/8:1', 'rm']],
  ],
  // Our own program denies 8:0; systemd's must not deny the others.
  [
    'a wildcard with a hole',
    [allow({ type: 'b', major: 8 }), deny({ type: 'b', major: 8, minor: 0 })],
    [['block-8', 'rwm']],
  ],
])('%s', (_, rules, expected) => {
  const defaults = new Map(allowed() as [string, string][]);
  const entries = (allowed(...rules) as [string, string][]).filter(([node, access]) => defaults.get(node) !== access);
  expect(entries).toEqual(expected);
});

test.each([
  ['-.slice', ''],
  ['system.slice', '/system.slice'],
  ['a-b-c.slice', '/a.slice/a-b.slice/a-b-c.slice'],
  ['memory.slice', '/_memory.slice'],
  ['_x.slice', '/__x.slice'],
])('the path of %s', (slice, path) => {
  expect(slicePath(slice)).toBe(path);
});

test.each(['a', '.slice', 'a--b.slice', '-a.slice', 'a-.slice', 'a/b.slice', '-', '--.slice'])(
  '%s is no slice',
  (slice) => {
    expect(() => slicePath(slice)).toThrow('invalid slice name');
  },
);

test.each([
  [undefined, 'tsrunc-c1.scope', '/user.slice/tsrunc-c1.scope'],
  ['', 'tsrunc-c1.scope', '/user.slice/tsrunc-c1.scope'],
  ['machine.slice:libpod:1234', 'libpod-1234.scope', '/machine.slice/libpod-1234.scope'],
  [':docker:1', 'docker-1.scope', '/user.slice/docker-1.scope'],
  ['kube-pods.slice::kube-pods-x.slice', 'kube-pods-x.slice', '/kube.slice/kube-pods.slice/kube-pods-x.slice'],
])('the unit of cgroupsPath %j', (cgroupsPath, name, path) => {
  const unit = unitFor(cgroupsPath, 'c1', 'user.slice');
  expect([unit.name, unitPath(unit)]).toEqual([name, path]);
});

test('an ID with a letter that no unit name has is escaped', () => {
  expect(unitFor(undefined, 'a+b', 'system.slice').name).toBe('tsrunc-a\\x2bb.scope');
});

test.each([
  ['TimeoutStopUSec', 'uint64 5', { name: 'TimeoutStopUSec', signature: 't', value: 5n }],
  ['TimeoutStopSec', '5', { name: 'TimeoutStopUSec', signature: 't', value: 5_000_000n }],
  ['TimeoutStopSec', '0.25', { name: 'TimeoutStopUSec', signature: 't', value: 250_000n }],
  ['CollectMode', "'inactive'", { name: 'CollectMode', signature: 's', value: 'inactive' }],
  ['RuntimeSEC', '1', { name: 'RuntimeSEC', signature: 'i', value: 1n }],
])('the annotation for %s %s', (name, value, property) => {
  expect(annotatedProperties(text, { [`org.systemd.property.${name}`]: value, other: 'x' })).toEqual([property]);
});

test.each([
  ['Ab', 'true', "a property's name is three letters or more"],
  ['Exec\nStart', 'true', "a property's name is three letters or more"],
  ['Foo', 'true false', 'annotation org.systemd.property.Foo='],
  ['FooSec', "'a'", 'annotation org.systemd.property.FooSec='],
  ['Foo', 'byte 256', 'annotation org.systemd.property.Foo='],
])('the annotation for %j with %s is refused', (name, value, message) => {
  expect(() => annotatedProperties(text, { [`org.systemd.property.${name}`]: value })).toThrow(message);
});
