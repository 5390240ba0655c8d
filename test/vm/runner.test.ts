import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { REFERENCE, RUNTIME } from '../integration/support/runtime.ts';

const runtimes = [RUNTIME, ...(REFERENCE === undefined ? [] : [REFERENCE])];

test.each(['guest', 'apparmor', 'selinux'])('the tests of %s can be listed, whatever the runtime', (folder) => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-runner-'));
  try {
    const bundle = path.join(scratch, 'guest.cjs');
    execFileSync(process.execPath, [path.join(__dirname, 'bundle.mjs'), folder, bundle]);
    const names = runtimes.map((runtime) => {
      const env = { PATH: process.env['PATH'], TSRUNC: runtime };
      const listed = execFileSync(process.execPath, [bundle, '--list'], { encoding: 'utf8', env });
      return JSON.parse(listed).map(({ name }: { name: string }) => name);
    });
    for (const list of names) expect(list).toEqual(names[0]);
    expect(names[0]?.length).toBeGreaterThan(0);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
});
