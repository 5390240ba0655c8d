import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { slurp } from '../integration/support/host.ts';
import { stringify } from '../integration/support/json.ts';
import { makeRootfs } from '../integration/support/rootfs.ts';
import { RUNTIME } from '../integration/support/runtime.ts';
import { boot, KERNEL } from '../vm/kernel.ts';

const SYSTEMD = '/lib/systemd/systemd';

/** What the machine here lacks for one with systemd; undefined if nothing. */
export const LACKING =
  KERNEL === undefined
    ? 'linux.uml, of the package user-mode-linux'
    : [SYSTEMD, '/usr/bin/dbus-daemon'].find((file) => !fs.existsSync(file));

/** A User Mode Linux that systemd boots, with a bus and one service: guest.sh. */
export class SystemdMachine {
  private readonly scratch = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'tsrunc-systemd-vm-'));
  private console = '';

  /** A bundle that guest.sh finds by its name. */
  bundle(name: string, config: Parameters<typeof stringify>[0]): void {
    const directory = path.join(this.scratch, name);
    fs.mkdirSync(directory);
    makeRootfs(path.join(directory, 'rootfs'));
    fs.writeFileSync(path.join(directory, 'config.json'), stringify(config));
  }

  /** Boots and returns when the guest is through, or `seconds` later. */
  async run(seconds: number): Promise<void> {
    fs.cpSync(path.join(__dirname, 'units'), path.join(this.scratch, 'units'), { recursive: true });
    fs.copyFileSync(path.join(__dirname, 'guest.sh'), path.join(this.scratch, 'guest.sh'));
    fs.writeFileSync(path.join(this.scratch, 'environment'), `TSRUNC=${RUNTIME}\n`);
    const { scratch } = this;
    this.console = await boot({ scratch, init: path.join(__dirname, 'init.sh'), parameters: [], seconds });
  }

  /** What guest.sh found out under that name. */
  fact(name: string): string {
    const file = path.join(this.scratch, name);
    if (fs.existsSync(file)) return slurp(file);
    throw new Error(`the guest did not come to ${name}; its console said:\n${this.console}`);
  }

  discard(): void {
    fs.rmSync(this.scratch, { recursive: true, force: true });
  }
}
