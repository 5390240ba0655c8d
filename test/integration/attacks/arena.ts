import * as fs from 'node:fs';
import * as path from 'node:path';
import { mounts, slurp } from '../support/host.ts';
import type { Patch } from '../support/json.ts';
import { cloneRootfs } from '../support/rootfs.ts';
import { type Outcome, transcript } from '../support/runtime.ts';
import type { Sandbox } from '../support/sandbox.ts';

/** A bundle whose rootfs others can write to, deep enough in a directory of canaries that a few `..` lead to them. */
export interface Arena {
  readonly around: string;
  /** Nothing below it may change, appear or be seen inside. */
  readonly canary: string;
  readonly bundle: string;
  readonly rootfs: string;
  /** A directory beside the rootfs that attackers own too. */
  readonly volume: string;
}

/** From the rootfs to the directory that holds `canary`. */
export const OUT = '../../../..';

const DIRECTORIES = ['proc/self/attr', 'proc/sys/net/ipv4', 'sys', 'dev/pts', 'etc', 'srv'];
const FILES = ['file', 'proc/sys/net/ipv4/ip_forward', 'proc/self/attr/exec', 'proc/keys', 'dev/console', 'dev/null'];

export function arena(box: Sandbox): Arena {
  const around = box.scratch();
  const canary = path.join(around, 'canary');
  const bundle = path.join(around, 'a/b/bundle');
  for (const name of DIRECTORIES) fs.mkdirSync(path.join(canary, name), { recursive: true });
  for (const name of FILES) fs.writeFileSync(path.join(canary, name), 'CANARY');
  fs.writeFileSync(path.join(canary, 'passwd'), 'root:x:0:0::/CANARY:/bin/sh\nuser:x:1000:1000::/CANARY:/bin/sh\n');
  fs.writeFileSync(path.join(canary, 'program'), '#!/bin/sh\necho CANARY\n', { mode: 0o755 });
  const rootfs = path.join(bundle, 'rootfs');
  cloneRootfs(box.rootfs, rootfs);
  const volume = path.join(bundle, 'volume');
  fs.mkdirSync(path.join(volume, 'data'), { recursive: true });
  return { around, canary, bundle, rootfs, volume };
}

/** Writes config.json for a container that runs `script`, its own complaints silenced: what is said is the runtime's. */
export function arm(box: Sandbox, { bundle }: Arena, script: string, patch: Patch = {}): void {
  const config = box.bundle({
    ownRootfs: true,
    patch: { '/process/args': ['/bin/sh', '-c', `exec 2>&-; ${script}; exit 0`], '/root/readonly': false, ...patch },
  });
  fs.renameSync(path.join(config, 'config.json'), path.join(bundle, 'config.json'));
  fs.rmSync(config, { recursive: true });
}

/** What must be the same before and after: names, modes, owners, times of the canaries, and the machine. */
export function sentinels(box: Sandbox, { around }: Arena): string[] {
  return [...snapshot(around), ...hostFacts(box)];
}

/** Mounts, and parameters of the kernel. */
export function hostFacts(box: Sandbox): string[] {
  return [...hostMounts(box), ...PARAMETERS.map((name) => `${name} ${slurp(`/proc/sys/${name}`)}`)];
}

/** It ran, having stayed inside, or was refused in one line that matches. Nothing of the canaries was seen. */
export function expectStayedInside(outcome: Outcome, says: RegExp, dies = 0): void {
  const { status, stdout, stderr } = outcome;
  const lines = stderr.split('\n').filter((line) => line !== '');
  const refused = status === 1 && lines.length === 1 && says.test(stderr);
  const ran = (status === 0 || status === dies) && lines.length === 0;
  if ((ran || refused) && !/CANARY|ESCAPED/.test(stdout)) return;
  throw new Error(`it got out, or ended oddly\n${transcript(outcome)}`);
}

const PARAMETERS = [
  'kernel/core_pattern',
  'kernel/hostname',
  'kernel/domainname',
  'kernel/sysrq',
  'kernel/msgmax',
  'kernel/modprobe',
  'net/ipv4/ip_forward',
  'vm/overcommit_memory',
];

/** Not what lies in the rootfs and the volume: those are the attacker's. */
function snapshot(directory: string): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (/^(rootfs|volume|bundle)/.test(entry.name)) return [];
    const { mode, uid, gid, size, mtimeMs, ctimeMs, dev, rdev } = fs.lstatSync(file);
    const fact = `${file} ${[mode.toString(8), uid, gid, size, mtimeMs, ctimeMs, dev, rdev].join(' ')}`;
    return entry.isDirectory() ? [fact, ...snapshot(file)] : [fact];
  });
}

/** All but those of test files that run beside this one. */
function hostMounts(box: Sandbox): string[] {
  const foreign = /\/tsrunc-[a-z]+-[0-9a-f]{8}\b/;
  return mounts()
    .filter(({ target }) => target.includes(box.name) || !foreign.test(target))
    .map(({ target, type, options, propagation }) => `${target} ${type} ${options} ${propagation}`);
}
