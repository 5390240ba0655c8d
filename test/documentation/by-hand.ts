import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { openScreen } from '../integration/support/terminal.ts';
import { blocks } from './command-lines.ts';

/** README.md, "By hand", for one who has `tsrunc` already, with names that nothing else on the machine has. */
export function byHand(name: string, directory: string, tsrunc?: string): string {
  const block = blocks('README.md').find((text) => text.includes('tsrunc spec')) ?? '';
  return block
    .replace(/^make$/m, 'set -ex')
    .replaceAll('/tmp/demo', directory)
    .replace(/^tsrunc\(\).*$/m, (line) =>
      tsrunc === undefined ? '' : line.replace('/path/to/tsrunc/bin/tsrunc', tsrunc),
    )
    .replace(/^(.*tsrunc (?:run|create|state|start|delete --force)) (one|two)/gm, `$1 ${name}-$2`);
}

/**
 * Types those lines at a terminal, and something in the container's shell as well; returns the status of the last one.
 * `where` is the command that a script is given to.
 */
export async function typedByHand(script: string, where: readonly string[] = [], seconds = 30): Promise<number | null> {
  const { screen, peer } = openScreen();
  const child = spawn('setsid', ['--ctty', ...where, 'bash', '-c', script], {
    stdio: [peer, peer, peer],
    env: { PATH: process.env['PATH'], HOME: '/root' },
  });
  const done = new Promise<number | null>((resolve) => child.on('exit', resolve));
  fs.closeSync(peer);
  try {
    await screen.shows('/ # ', seconds);
    screen.type('echo here $((6 * 7)); exit\n');
    const status = await done;
    // What the second shell reads is at its end at once.
    const told = /here 42\r\n.*\nhello from tsrunc\r\n.*"status": "created".*two +\d+ +(running|stopped)/s;
    expect(screen.shown()).toMatch(told);
    return status;
  } finally {
    child.kill('SIGKILL');
    screen.close();
  }
}
