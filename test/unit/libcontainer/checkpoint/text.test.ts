import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { files as nodeFiles } from '../../../../src/engine/node/files.ts';
import { lastErrors } from '../../../../src/libcontainer/checkpoint/log.ts';
import { resolveIn } from '../../../../src/libcontainer/checkpoint/resolve.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tsrunc-checkpoint-text-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('the last errors of a log', () => {
  const errors = (text: string): string[] => {
    const path = join(root, 'log');
    writeFileSync(path, text);
    return lastErrors({ files: nodeFiles, decode }, path);
  };

  test.each([
    ['', []],
    ['(00.1) Error\n(00.2) Warn  (criu/a.c:1): not this\n', []],
    ['(00.000001) Error (criu/a.c:1): a: what it is  \n', ['a: what it is']],
    ['(00.1)     12: Error (compel/b.c:22): of a task\n(00.2) fine\n', ['of a task']],
    [[1, 2, 3, 4].map((n) => `(00.${n}) Error (a.c:${n}): ${n}\n`).join(''), ['2', '3', '4']],
  ])('%j has %j', (text, expected) => {
    expect(errors(text)).toEqual(expected);
  });

  test('of no log are none', () => {
    expect(lastErrors({ files: nodeFiles, decode }, join(root, 'nothing'))).toEqual([]);
  });
});

describe('a path in a root', () => {
  beforeAll(() => {
    mkdirSync(join(root, 'run/inner'), { recursive: true });
    mkdirSync(join(root, 'var'));
    symlinkSync('/run', join(root, 'var/run'));
    symlinkSync('../../../../run', join(root, 'var/out'));
    symlinkSync('loop', join(root, 'loop'));
  });

  test.each([
    ['/run/inner', '/run/inner'],
    ['/var/run/inner', '/run/inner'],
    ['/var/out/inner', '/run/inner'],
    ['/../../run', '/run'],
    ['/var//./run/../x', '/x'],
    ['/not/there', '/not/there'],
    ['/', '/'],
  ])('%s is %s', (path, resolved) => {
    expect(resolveIn(nodeFiles, root, path)).toBe(resolved);
  });

  test('that leads to itself comes to an end', () => {
    expect(resolveIn(nodeFiles, root, '/loop')).toBe('/loop');
  });
});
