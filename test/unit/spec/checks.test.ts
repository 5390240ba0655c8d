import { REF } from '../../../src/spec/validate/ref.ts';
import { SECTIONS } from '../../../src/spec/validate/semantic.ts';
import { BAD, changed, GOOD, without } from './corpus.ts';
import { load, problems } from './helpers.ts';

test.each(BAD.map(([changes, ...expected]) => ({ changes, expected })))('$changes', ({ changes, expected }) => {
  expect([...problems(changed(changes))].sort()).toEqual([...expected].sort());
});

test.each(GOOD.map((changes) => ({ changes })))('nothing is wrong with $changes', ({ changes }) => {
  expect(problems(changed(changes))).toEqual([]);
});

test('every rule is broken by one of the examples above', () => {
  const configs = BAD.flatMap(([changes]) => load(changed(changes)).config ?? []);
  const rules = SECTIONS.flatMap(({ checks }) => checks);
  expect(rules.length).toBeGreaterThan(50);
  const unbroken = rules.filter(({ find }) => !configs.some((config) => [...find(config)].length > 0));
  expect(unbroken).toEqual([]);
});

test('every reference belongs to a rule', () => {
  const used = new Set(SECTIONS.flatMap(({ checks }) => checks.map(({ ref }) => ref)));
  const unused = Object.entries(REF).filter(([name, ref]) => name !== 'unknownProperties' && !used.has(ref));
  expect(unused.map(([name]) => name)).toEqual([]);
});

test('problems of several sections are all found at once, errors first', () => {
  const config = changed({
    '/process/cwd': 'x',
    '/linux/namespaces': without('uts'),
    '/process/args': [],
    '/mounts/0/destination': 'p',
    '/misspelt': 1,
  });
  expect(load(config).problems.map(({ severity, kind, pointer }) => [severity, kind, pointer])).toEqual([
    ['error', 'semantic', '/process/args'],
    ['error', 'semantic', '/process/cwd'],
    ['error', 'semantic', '/hostname'],
    ['warning', 'semantic', '/mounts/0/destination'],
    ['warning', 'unknown-field', '/misspelt'],
  ]);
});

test('a fault of the schema does not hide the rules of other places, nor cause follow-ups', () => {
  const config = changed({
    '/linux/namespaces/3/type': 'UTS',
    '/process/cwd': 5,
    '/process/rlimits': [{ type: 'X', soft: 0, hard: 0 }],
  });
  expect(load(config).problems.map(({ kind, pointer }) => [kind, pointer])).toEqual([
    ['schema', '/process/cwd'],
    ['semantic', '/process/rlimits/0/type'],
    ['schema', '/linux/namespaces/3/type'],
  ]);
});
