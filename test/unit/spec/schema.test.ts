import { readFileSync } from 'node:fs';
import { isConfig, isFeatures, isState } from '../../../build/validators.ts';
import * as vocabulary from '../../../src/spec/vocabulary.ts';
import { load, loadText, parse, random, withValue } from './helpers.ts';
import { fullDocument, places } from './sample.ts';

const full = fullDocument();
const everywhere = [...places()];

function schemaProblems(config: unknown) {
  return load(config).problems.filter(({ kind, severity }) => kind === 'schema' && severity === 'error');
}

test('the schema knows some 250 places, and a document that has them all fits', () => {
  expect(everywhere.length).toBeGreaterThan(200);
  expect(schemaProblems(full)).toEqual([]);
  expect(load(full).problems.filter(({ kind }) => kind === 'unknown-field')).toEqual([]);
});

test('a wrong type is one problem at its place, everywhere in the document', () => {
  for (const [pointer, shape] of everywhere) {
    const wrong = shape.expected.startsWith('an object') ? [[]] : [{}];
    const messages = schemaProblems(withValue(full, pointer, wrong[0])).map((problem) => [
      problem.pointer,
      problem.message,
    ]);
    const actual = shape.expected.startsWith('an object') ? 'an array' : 'an object';
    expect(messages).toEqual([[pointer, `must be ${shape.expected}, is ${actual}`]]);
  }
});

test('a missing member is one problem where it should be, if it is required', () => {
  for (const [pointer, shape] of everywhere) {
    for (const key of Object.keys(shape.members ?? {})) {
      const place = `${pointer}/${key}`;
      const found = schemaProblems(withValue(full, place, undefined)).map((problem) => problem.pointer);
      expect([place, found]).toEqual([place, shape.required?.includes(key) ? [place] : []]);
    }
  }
});

test('a null counts as absent where something may be absent, with a warning', () => {
  for (const [pointer, shape] of everywhere) {
    for (const key of Object.keys(shape.members ?? {})) {
      if (shape.required?.includes(key)) continue;
      const place = `${pointer}/${key}`;
      const { config, problems } = load(withValue(full, place, null));
      const schema = problems.filter(({ kind }) => kind === 'schema');
      expect(schema.map(({ severity, pointer, message }) => [severity, pointer, message])).toEqual([
        ['warning', place, 'is null, which counts as absent'],
      ]);
      expect(JSON.stringify(config, bigints)).toBe(JSON.stringify(withValue(full, place, undefined), bigints));
    }
  }
});

test.each([
  ['/process/cwd', null, 'must be a string, is null'],
  ['/process/args', 'sh', 'must be an array of strings, is a string'],
  ['/process/args/0', 5, 'must be a string, is a number'],
  ['/process/args/0', null, 'must be a string, is null'],
  ['/annotations/entry', null, 'must be a string, is null'],
  ['/annotations/a~1b', true, 'must be a string, is true'],
  ['/annotations', [], 'must be an object of strings, is an array'],
  ['/mounts', {}, 'must be an array of objects, is an object'],
  ['/process/terminal', 'true', 'must be true or false, is a string'],
  ['/process/user/uid', -1, 'must be an integer from 0 to 4294967295, is -1'],
  ['/process/user/uid', 4294967296, 'must be an integer from 0 to 4294967295, is 4294967296'],
  ['/process/user/uid', 1.5, 'must be an integer from 0 to 4294967295, is 1.5'],
  ['/process/user/uid', '0', 'must be an integer from 0 to 4294967295, is a string'],
  [
    '/process/rlimits/0/hard',
    18446744073709551616n,
    'must be an integer from 0 to 18446744073709551615, is 18446744073709551616',
  ],
  [
    '/linux/resources/memory/limit',
    -9223372036854775809n,
    'must be an integer from -9223372036854775808 to 9223372036854775807, is -9223372036854775809',
  ],
  ['/linux/resources/blockIO/weight', 65536, 'must be an integer from 0 to 65535, is 65536'],
  ['/process/oomScoreAdj', 2147483648, 'must be an integer from -2147483648 to 2147483647, is 2147483648'],
  ['/linux/namespaces/0/type', 'net', 'must be one of pid, network, mount, ipc, uts, user, cgroup, time, is "net"'],
  [
    '/linux/rootfsPropagation',
    'rslav',
    'must be one of shared, slave, private, unbindable, rshared, rslave, rprivate, runbindable, is "rslav"',
  ],
  ['/linux/seccomp/flags', 'X', 'must be an array of strings, is a string'],
  ['/linux/resources/hugepageLimits/0/pageSize', '2mb', 'must be a size such as 64KB, 2MB or 1GB, is "2mb"'],
  ['/process/execCPUAffinity/initial', 'all', 'must be a list such as 0-3,7, is "all"'],
  ['', [], 'must be an object, is an array'],
  ['', 'x', 'must be an object, is a string'],
])('%s: %p %s', (pointer, value, message) => {
  const place = pointer.replaceAll('~1', '\u0001');
  const config = withValue(full, place, value);
  const written = JSON.parse(JSON.stringify(config, bigints).replaceAll('\\u0001', '/'), revive);
  const found = schemaProblems(written);
  expect(found.map((problem) => [problem.pointer, problem.message])).toEqual([[pointer, message]]);
});

test.each([
  ['/process/rlimits/0/hard', 18446744073709551615n],
  ['/process/rlimits/0/soft', 0],
  ['/linux/resources/memory/limit', -9223372036854775808n],
  ['/linux/resources/memory/limit', 9223372036854775807n],
  ['/linux/seccomp/syscalls/0/args/0/value', 9223372036854775808n],
  ['/process/user/uid', 4294967295],
  ['/linux/rootfsPropagation', ''],
])('%s: %p fits', (pointer, value) => {
  expect(schemaProblems(withValue(full, pointer, value))).toEqual([]);
});

test('an integer beyond 2^53 must be written digit by digit, or it would not be exact', () => {
  const text =
    '{"ociVersion": "1.0.0", "process": {"cwd": "/", "rlimits": [{"type": "RLIMIT_AS", "soft": 1e3, "hard": 1e18}]}}';
  expect(loadText(text).problems.filter(({ kind }) => kind === 'schema')).toMatchObject([
    { pointer: '/process/rlimits/0/hard', hint: 'write it with all its digits, without exponent' },
  ]);
});

test.each([
  ['/process/user/uid', '1000', 'numbers are written without quotes'],
  ['/process/terminal', 'false', 'written without quotes'],
  ['/linux/namespaces/0/type', 'netwrok', 'did you mean "network"?'],
  ['/linux/seccomp/defaultAction', 'scmp_act_allow', 'did you mean "SCMP_ACT_ALLOW"?'],
  ['/linux/seccomp/defaultAction', 'allow', undefined],
])('%s: %p is explained by a hint', (pointer, value, hint) => {
  expect(schemaProblems(withValue(full, pointer, value)).map((problem) => problem.hint)).toEqual([hint]);
});

test('the words of the schema are those of the vocabulary', () => {
  const words = new Set(everywhere.map(([, { expected }]) => expected).filter((text) => text.startsWith('one of ')));
  const lists = [
    vocabulary.NAMESPACE_TYPES,
    vocabulary.ROOTFS_PROPAGATIONS,
    vocabulary.DEVICE_TYPES,
    vocabulary.IO_PRIORITY_CLASSES,
    vocabulary.SCHEDULER_POLICIES,
    vocabulary.SCHEDULER_FLAGS,
    vocabulary.MEMORY_POLICY_MODES,
    vocabulary.MEMORY_POLICY_FLAGS,
    vocabulary.PERSONALITY_DOMAINS,
    vocabulary.SECCOMP_ACTIONS,
    vocabulary.SECCOMP_OPERATORS,
    vocabulary.SECCOMP_ARCHES,
    vocabulary.SECCOMP_FLAGS,
  ];
  expect([...words].sort()).toEqual(lists.map((list) => `one of ${list.join(', ')}`).sort());
  const members = (pointer: string) => Object.keys(everywhere.find(([place]) => place === pointer)?.[1].members ?? {});
  expect(members('/hooks')).toEqual([...vocabulary.HOOK_KINDS]);
  expect(members('/process/capabilities')).toEqual([...vocabulary.CAPABILITY_SETS]);
});

test('the schemas allow unknown members everywhere, as the specification demands', () => {
  for (const name of ['config', 'config-linux', 'defs', 'defs-linux', 'state', 'features']) {
    const text = readFileSync(`${__dirname}/../../../schemas/${name}.schema.json`, 'utf8');
    expect(text).not.toMatch(/"additionalProperties": false|"unevaluatedProperties"/);
  }
});

test('faults of any number and sort never throw, and never turn up as semantic problems as well', () => {
  const wrong = [null, true, 'x', -1, 2 ** 40, [], {}, [null], { a: 1 }];
  for (let seed = 0; seed < 400; seed++) {
    const next = random(seed);
    let config: unknown = full;
    for (let count = 1 + next(6); count > 0; count--) {
      const pointer = everywhere[next(everywhere.length)]?.[0] ?? '';
      if (reaches(config, pointer)) config = withValue(config, pointer, wrong[next(wrong.length)]);
    }
    const { config: result, problems } = load(config);
    const schema = problems.filter(({ kind, severity }) => kind === 'schema' && severity === 'error');
    expect(result === undefined).toBe(schema.length > 0);
    expect(new Set(schema.map(({ pointer }) => pointer)).size).toBe(schema.length);
    for (const { pointer } of problems.filter(({ kind }) => kind === 'semantic')) {
      expect(schema.filter((fault) => `${pointer}/`.startsWith(`${fault.pointer}/`))).toEqual([]);
    }
  }
});

test('the state and the features document have schemas too', () => {
  const state = { ociVersion: '1.3.0', id: 'c1', pid: 0, status: 'stopped', bundle: '/b' };
  expect(isState(state)).toBe(true);
  expect(isState({ ...state, status: 'gone' })).toBe(false);
  expect(isState({ ...state, id: undefined })).toBe(false);
  expect(isFeatures({ ociVersionMin: '1.0.0', ociVersionMax: '1.3.0', linux: { cgroup: { v2: true } } })).toBe(true);
  expect(isFeatures({ ociVersionMin: '1.0.0', ociVersionMax: '1.3.0', linux: { cgroup: { v2: 'yes' } } })).toBe(false);
});

test('the validator takes the value as the parser gives it: without prototypes, with bigints', () => {
  const { value } = parse(
    '{"ociVersion":"1.0.0","process":{"cwd":"/","rlimits":[{"type":"a","soft":0,"hard":18446744073709551615}]}}',
  );
  expect(isConfig(value)).toBe(true);
});

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `big:${value}` : value;
}

function revive(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('big:') ? BigInt(value.slice(4)) : value;
}

function reaches(config: unknown, pointer: string): boolean {
  let value = config;
  for (const segment of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return false;
    value = (value as Record<string, unknown>)[segment];
  }
  return true;
}
