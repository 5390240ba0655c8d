import { readFileSync } from 'node:fs';
import { errorCodes } from '../../../src/libcontainer/error-codes.ts';
import { tsrunc } from './support.ts';

const codes = Object.entries(errorCodes);

test('every code is explained, by itself and in the list of all', async () => {
  const all = await tsrunc(['explain']);
  for (const [code, { means, cure }] of codes) {
    const text = `${code}\n   ${means}\n   ${cure}\n`;
    expect(all.stdout).toContain(text);
    expect((await tsrunc(['explain', code])).stdout).toBe(text);
  }
});

test('a code that there is not is refused', async () => {
  const { status, stderr } = await tsrunc(['explain', 'nosuch']);
  expect(status).toBe(1);
  expect(stderr).toContain('there is no error code');
});

test('the page about errors has the same words', () => {
  const page = readFileSync('docs/errors.md', 'utf8');
  const rows = codes.map(([code, { means, cure }]) => `| \`${code}\` | ${means} | ${cure} |`);
  expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
});

test('--error-format json has the facts of a failure, once, on standard error', async () => {
  const { stderr } = await tsrunc(['--error-format', 'json', 'validate', '-b', '/b'], { files: { '/b': null } });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stderr)).toEqual({
    message: expect.stringMatching(
      /^JSON specification file \/b\/config\.json not found: read .*: no such file or directory$/,
    ),
    code: 'invalid-bundle',
    syscall: 'read',
    args: ['"/b/config.json"'],
    errno: 'ENOENT',
  });
});

test('with --log the log gets its line as ever', async () => {
  const args = ['--log', '/log', '--log-format', 'json', '--error-format', 'json', 'kill', ''];
  const { stderr, files } = await tsrunc(args);
  expect(JSON.parse(stderr)).toMatchObject({ code: 'invalid-id' });
  expect(JSON.parse(files.get('/log') ?? '')).toMatchObject({ level: 'error', code: 'invalid-id' });
});

test('another error format is refused', async () => {
  const { status, stderr } = await tsrunc(['--error-format', 'xml', 'state', 'x']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('invalid error-format: xml')]);
});
