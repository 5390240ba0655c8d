import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

/**
 * docs/tools.md shows commands with their output. Here they are run again; with WRITE_DOCS=1 the output is written into
 * the page.
 */
const box = sandbox('tools');
const page = path.join(__dirname, '../../docs/tools.md');
const BLOCK = /```console\n\$ (.*)\n([\s\S]*?)```/g;

beforeAll(() => {
  fs.renameSync(box.bundle({ ownRootfs: true, script: 'true' }), `${box.dir}/web`);
  const other = box.bundle({ ownRootfs: true, script: 'true', patch: { '/hostname': 'db' } });
  fs.renameSync(other, `${box.dir}/other`);
  const mistakes = {
    '/process/cwd': 'tmp',
    '/process/noNewPrivilege': true,
    '/mounts/0/type': 5,
    '/process/rlimits': [{ type: 'RLIMIT_NOFILES', soft: 1, hard: 1 }],
  };
  fs.renameSync(box.bundle({ patch: mistakes }), `${box.dir}/broken`);
  fs.mkdirSync(`${box.root}/half`, { recursive: true });
  const runtime = fs.realpathSync('bin/tsrunc');
  fs.mkdirSync(`${box.dir}/bin`);
  fs.writeFileSync(`${box.dir}/bin/tsrunc`, `#!/bin/sh\nexec ${runtime} --root ${box.root} "$@"\n`, { mode: 0o755 });
});

function output(command: string): string {
  const env = { ...process.env, PATH: `${box.dir}/bin:${process.env['PATH']}` };
  const { stdout, stderr } = spawnSync('sh', ['-c', `${command} 2>&1`], {
    ...{ cwd: box.dir, env, encoding: 'utf8', timeout: 60_000 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  return stdout.replaceAll(`--root ${box.root} `, '').replaceAll(box.dir, '/bundles');
}

/** What differs from one time, or from one machine, to the next. */
function comparable(command: string, text: string): string {
  if (command.includes('--trace')) return text.replace(/ *\d+\.\d{3}/g, ' N').replace(/= \d+$/gm, '= N');
  // There may be more to do on this machine.
  if (/tsrunc gc/.test(command)) return text.replace(/^(?!.* half:).*\n/gm, '');
  if (/check \|/.test(command)) return text.replace(/^ {2}\w+ +(.*?):.*$/gm, '  $1').replace(/^ {11}.*\n/gm, '');
  if (/check /.test(command)) return text.replace(/(can|cannot) run.*/, 'can run');
  return text;
}

testTsrunc('docs/tools.md shows what the commands print', () => {
  const text = fs.readFileSync(page, 'utf8');
  const blocks = [...text.matchAll(BLOCK)].map(([, command = '', shown = '']) => ({ command, shown }));
  expect(blocks.length).toBeGreaterThanOrEqual(9);
  const real = blocks.map(({ command }) => output(command));
  if (process.env['WRITE_DOCS'] === '1') {
    let next = 0;
    fs.writeFileSync(
      page,
      text.replace(BLOCK, (_, command) => `\`\`\`console\n$ ${command}\n${real[next++]}\`\`\``),
    );
    return;
  }
  blocks.forEach(({ command, shown }, i) => {
    expect(shown.split('\n').length).toBeGreaterThan(1);
    expect([command, comparable(command, shown)]).toEqual([command, comparable(command, real[i] ?? '')]);
  });
});
