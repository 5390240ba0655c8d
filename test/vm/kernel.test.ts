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
    const tests = spawn(process.execPath, ['scripts/run-typescript.mjs', 'test/tools/boot.ts', scratch], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: scratch },
    });
    try {
      // Of the guest's own there is one when it has come to init, beside the kernel's helpers.
      await until('the machine runs', () => processesOf(scratch).length > 6, 20);
      tests.kill('SIGKILL');
      await until('all of it is gone', () => processesOf(scratch).length === 0, 5);
    } finally {
      tests.kill('SIGKILL');
      for (const pid of processesOf(scratch)) process.kill(pid, 'SIGKILL');
      fs.rmSync(scratch, { recursive: true });
    }
  },
  30_000,
);
