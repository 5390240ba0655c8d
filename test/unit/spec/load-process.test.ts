import { loadProcess, processFaults } from '../../../src/spec/load-process.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const load = (text: string) => loadProcess(encode(text), (bytes) => new TextDecoder().decode(bytes));

test('a process file is what /process is in a config.json', () => {
  const { process, problems } = load('{"user": {"uid": 1, "gid": 2}, "args": ["sh"], "cwd": "/", "env": null}');
  expect(process).toEqual({ user: { uid: 1, gid: 2 }, args: ['sh'], cwd: '/' });
  expect(problems.map(({ severity, pointer }) => [severity, pointer])).toEqual([['warning', '/env']]);
});

test('all that is wrong is told at once, by its place in the file', () => {
  const { problems } = load('{"args": ["sh", 5],\n "cwd": "tmp",\n "user": {"uid": 4294967295, "gid": 0}, "oops": 1}');
  const told = problems.map(({ severity, pointer, line, column }) => `${severity} ${pointer} ${line}:${column}`);
  expect(told).toEqual(['error /args/1 1:17', 'error /cwd 2:9', 'error /user/uid 3:18', 'warning /oops 3:41']);
});

test.each([
  ['not an object', '[]', ''],
  ['no JSON', '{', ''],
  ['without a directory', '{"args": ["sh"]}', '/cwd'],
  ['without a program', '{"cwd": "/"}', '/args'],
])('a file that is %s is refused', (_, text, pointer) => {
  const errors = load(text).problems.filter(({ severity }) => severity === 'error');
  expect(errors.map((problem) => problem.pointer)).toContain(pointer);
});

test('what a configuration as a whole must have is not asked of a process', () => {
  expect(load('{"user": {"uid": 0, "gid": 0}, "args": ["sh"], "cwd": "/"}').problems).toEqual([]);
  expect(processFaults({ args: ['sh'], cwd: '/' })).toEqual([]);
  expect(processFaults({ args: ['sh'], cwd: 'x', env: ['A'] }).map(({ pointer }) => pointer)).toEqual([
    '/cwd',
    '/env/0',
  ]);
});
