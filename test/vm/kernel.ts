import { spawn } from 'node:child_process';
import { which } from '../integration/support/host.ts';

/** User Mode Linux: a kernel that is a process, boots in three seconds, and needs no privileges or hardware of ours. */
export const KERNEL = which('linux.uml');

export interface Boot {
  /** What the kernel keeps of its own lies there, and so does the guest's way out: init mounts it writable. */
  readonly scratch: string;
  /** PID 1 of the guest. */
  readonly init: string;
  /** Of the kernel; those that it does not know become variables of init's. It parts its command line at spaces. */
  readonly parameters: readonly string[];
  /** Until the guest is ended from outside. */
  readonly seconds: number;
  /** What the console says, piece by piece. */
  readonly onConsole?: (text: string) => void;
}

/**
 * Boots on the file system of the host, read-only, and returns what the console said when the guest is through. Its
 * processes die with this one, however that ends.
 */
export async function boot({ scratch, init, parameters, seconds, onConsole }: Boot): Promise<string> {
  const own = ['root=/dev/root', 'rootfstype=hostfs', 'ro', 'mem=1024M', `uml_dir=${scratch}/`, 'quiet'];
  const console = ['con=null', 'con0=fd:0,fd:1'];
  const args = [...own, ...console, `init=${init}`, `SCRATCH=${scratch}`, ...parameters];
  // The kernel's helpers would outlive it, and the guest's programs go on without it, on the machine here: its death is
  // that of a PID namespace.
  const supervised = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child=KILL', KERNEL ?? ''];
  const child = spawn('setpriv', [...supervised, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', HOME: scratch, TMPDIR: scratch },
  });
  const end = () => child.kill('SIGKILL');
  const timer = setTimeout(end, seconds * 1000);
  process.once('exit', end);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += text;
      onConsole?.(String(text));
    });
  }
  try {
    await new Promise<void>((resolve, reject) => child.once('error', reject).once('exit', () => resolve()));
    return said;
  } finally {
    clearTimeout(timer);
    process.off('exit', end);
    end();
  }
}
