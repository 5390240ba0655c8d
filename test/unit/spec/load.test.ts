import { defaultConfig } from '../../../src/spec/default.ts';
import { writeJson } from '../../../src/spec/json.ts';
import { loadConfig } from '../../../src/spec/load.ts';
import { formatProblem, hasErrors } from '../../../src/spec/problem.ts';
import { reloadConfig } from '../../../src/spec/reload.ts';
import { decode, encode, load, loadText, random } from './helpers.ts';

function lines(text: string): string[] {
  return loadText(text).problems.map((problem) => `${problem.severity} ${problem.kind} ${formatProblem(problem)}`);
}

const MINIMAL = '"ociVersion": "1.0.0", "root": {"path": "rootfs"}';

test('a right document gives its config and no problem', () => {
  const { config, problems } = loadText(`{${MINIMAL}}`);
  expect(config).toEqual({ ociVersion: '1.0.0', root: { path: 'rootfs' } });
  expect(problems).toEqual([]);
});

test('what is not JSON is one syntax error and no config', () => {
  const { config, problems } = loadText('{\n  "ociVersion": "1.0.0",\n  "process": {"args": [sh]}\n}');
  expect(config).toBeUndefined();
  expect(problems).toEqual([
    {
      severity: 'error',
      kind: 'syntax',
      pointer: '/process/args/0',
      line: 3,
      column: 24,
      message: "expected a value, found 'sh'",
    },
  ]);
});

test('every problem has the line and column of the value, or of the key where that is meant', () => {
  const text = `{
  "ociVersion": "3.0.0",
  "root": {
    "path": "rootfs", "readonly": "yes"
  },
  "hostnam": "x",
  "process": {"cwd": "tmp", "args": ["a"], "user": {"uid": 0, "gid": 0},
    "env": ["A=1", 5, "B"], "env": ["A=1", 5, "B\\u0000"]},
  "linux": {"rootfsPropagation": null}
}`;
  expect(lines(text)).toEqual([
    'error semantic 2:17: /ociVersion: version 3.0.0 of the specification is not supported (this runtime implements 1.0.0 to 1.3.0)',
    'error schema 4:35: /root/readonly: must be true or false, is a string',
    'error semantic 7:22: /process/cwd: must be absolute, is "tmp"',
    'error schema 8:44: /process/env/1: must be a string, is a number',
    'error schema 8:47: /process/env/2: must not contain a NUL character',
    'error semantic 8:47: /process/env/2: must be NAME=value, is "B\\u0000"',
    'warning unknown-field 6:3: /hostnam: is not in the specification and has no effect (did you mean "hostname"?)',
    'warning syntax 8:29: /process/env: is given more than once; the last one counts',
    'warning schema 9:34: /linux/rootfsPropagation: is null, which counts as absent',
  ]);
});

test('of a missing member the place is that of the object which lacks it', () => {
  expect(lines('{\n "ociVersion": "1.0.0",\n "root":\n  {"readonly": true}}')).toEqual([
    'error schema 4:3: /root/path: is missing, must be a string',
  ]);
  expect(lines('\n {}')).toEqual([
    'error schema 2:2: /ociVersion: is missing, must be a string',
    'error semantic 2:2: /root: is missing: a container on Linux needs a root filesystem',
  ]);
});

describe('unknown members', () => {
  test('never fail, are kept, and are warnings at their keys', () => {
    const { config, problems } = loadText(`{${MINIMAL}, "x": {"y": null}, "linux": {"resources": {"oomScoreAdj": 5}}}`);
    expect(config).toMatchObject({ x: { y: null }, linux: { resources: { oomScoreAdj: 5 } } });
    expect(problems.map(({ severity, kind, pointer }) => [severity, kind, pointer])).toEqual([
      ['warning', 'unknown-field', '/x'],
      ['warning', 'unknown-field', '/linux/resources/oomScoreAdj'],
    ]);
    expect(hasErrors(problems)).toBe(false);
  });

  test.each([
    ['"Process": {}', 'did you mean "process"?'],
    ['"proccess": {}', 'did you mean "process"?'],
    ['"hooks": {"createRuntme": []}', 'did you mean "createRuntime"?'],
    ['"linux": {"namespace": []}', 'did you mean "namespaces"?'],
    ['"linux": {"resources": {"memory": {"limt": 1}}}', 'did you mean "limit"?'],
    ['"mounts": [{"destination": "/a", "dst": ""}]', undefined],
    ['"constructor": {}, "toString": 1', undefined],
    [`"${'hostname'.repeat(1000)}": 1`, undefined],
  ])('%.60s', (member, hint) => {
    const { problems } = loadText(`{${MINIMAL}, ${member}}`);
    const unknown = problems.filter(({ kind }) => kind === 'unknown-field');
    expect(unknown.length).toBeGreaterThan(0);
    for (const problem of unknown) expect(problem.hint).toBe(hint);
  });

  test('are none in maps and in the sections of other platforms', () => {
    const { problems } = loadText(
      `{${MINIMAL}, "annotations": {"any": "x"}, "windows": {"layerFolders": null}, "vm": {"kernel": {"path": 1}}}`,
    );
    expect(problems).toEqual([]);
  });
});

test('a document of hostile keys changes nothing but itself', () => {
  const { problems } = loadText(`{${MINIMAL}, "__proto__": {"process": 1}, "annotations": {"__proto__": "x"}}`);
  expect(problems.map(({ pointer }) => pointer)).toEqual(['/__proto__']);
  expect(({} as Record<string, unknown>).process).toBeUndefined();
});

test('integers beyond 2^53 arrive exactly, and are written back exactly', () => {
  const text = writeJson({
    ...defaultConfig(),
    process: {
      cwd: '/',
      args: ['a'],
      rlimits: [{ type: 'RLIMIT_AS', hard: 18446744073709551615n, soft: 9007199254740993n }],
    },
  });
  const { config } = loadText(text);
  expect(config?.process?.rlimits?.[0]).toEqual({
    type: 'RLIMIT_AS',
    hard: 18446744073709551615n,
    soft: 9007199254740993n,
  });
  expect(writeJson(config)).toBe(text);
});

test('a saved configuration is read again as it was, and refused if it has become another thing', () => {
  const { config } = load(defaultConfig());
  expect(reloadConfig(encode(writeJson(config)), decode)).toEqual(config);
  expect(() => reloadConfig(encode('{"ociVersion": 1}'), decode)).toThrow(TypeError);
  expect(() => reloadConfig(encode('{"ociVersion":'), decode)).toThrow('expected a value');
});

test('bytes of any sort give problems, never an exception', () => {
  const text = writeJson(defaultConfig(), '\t');
  for (let seed = 0; seed < 500; seed++) {
    const next = random(seed);
    const bytes = encode(text).slice();
    for (let count = 1 + next(4); count > 0; count--) bytes[next(bytes.length)] = next(256);
    const { config, problems } = loadConfig(
      bytes.subarray(0, next(8) === 0 ? next(bytes.length) : bytes.length),
      decode,
    );
    if (config === undefined) expect(hasErrors(problems)).toBe(true);
    for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
  }
});

test('a huge document with a fault in every element takes no quadratic time', () => {
  const time = (count: number): number => {
    const config = { ...defaultConfig(), mounts: Array.from({ length: count }, () => ({ x: 1 })) };
    const start = performance.now();
    expect(load(config).problems.length).toBe(2 * count);
    return performance.now() - start;
  };
  time(500);
  // Sixteen times the size: 256 times the time if it were quadratic.
  expect(time(16000) / time(1000)).toBeLessThan(100);
});
