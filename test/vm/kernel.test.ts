import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { processesOf } from '../integration/support/host.ts';
import { until } from '../integration/support/wait.ts';
import { KERNEL } from './kernel.ts';

const ROOT = path.join(__dirname, '../..');

(KERNEL === undefined ? test.skip : test)(
  'a machine ends with the tests, even if those are killed',
  async () => {
    const scratch = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'tsrunc-boot-'));
    // On the machine itself it can write nothing in its directory. Let go it would be a process of ours, in this one.
    const script = '#!/bin/sh\nwhile :; do /bin/sleep 0.05; echo x >> escaped; done\n';
    fs.writeFileSync(path.join(scratch, 'init'), script, { mode: 0o755 });
    const tests = spawn(process.execPath, ['scripts/run-typescript.mjs', 'test/tools/boot.ts', scratch], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: scratch },
    });
    let said = '';
    tests.stdout.on('data', (text) => {
      said += text;
    });
    try {
      await until('the machine runs', () => said.includes('Read-only file system'), 20);
      tests.kill('SIGKILL');
      await until('all of it is gone', () => processesOf(scratch).length === 0, 5);
      expect(fs.existsSync(path.join(scratch, 'escaped'))).toBe(false);
    } finally {
      tests.kill('SIGKILL');
      for (const pid of processesOf(scratch)) process.kill(pid, 'SIGKILL');
      fs.rmSync(scratch, { recursive: true });
    }
  },
  30_000,
);
