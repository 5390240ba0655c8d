import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { which } from '../support/host.ts';
import type { Json } from '../support/json.ts';
import { type Outcome, ok } from '../support/runtime.ts';
import type { Sandbox } from '../support/sandbox.ts';

/** Tests that observe system calls need a C compiler that links statically, for x86_64. */
export const testWithCompiler = process.arch === 'x64' && which('cc') !== undefined ? test : test.skip;

/** Builds `test/tools/NAME.c`. */
export function build(name: string, target: string): string {
  const source = path.join(__dirname, '../../tools', `${name}.c`);
  execFileSync('cc', ['-O2', '-static', '-o', target, source], { stdio: 'pipe' });
  return target;
}

export type Profile = { readonly [key: string]: Json };

export interface ProbeOptions {
  readonly noNewPrivileges?: boolean;
  readonly uid?: number;
  readonly runtime?: string;
}

/** Runs the probe under `profile`: what each of `calls` gave. */
export function probe(
  box: Sandbox,
  profile: Profile | undefined,
  calls: readonly string[],
  options: ProbeOptions = {},
): Map<string, string> {
  const { stdout } = ok(runProbe(box, profile, calls, options));
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line): [string, string] => {
        const space = line.indexOf(' ');
        return [line.slice(0, space), line.slice(space + 1)];
      }),
  );
}

export function runProbe(
  box: Sandbox,
  profile: Profile | undefined,
  calls: readonly string[],
  { noNewPrivileges = true, uid = 0, runtime }: ProbeOptions = {},
): Outcome {
  return box.run({
    timeout: 120,
    ...(runtime !== undefined && { runtime }),
    patch: {
      '/process/args': ['every-syscall', ...calls],
      '/process/noNewPrivileges': noNewPrivileges,
      '/process/user/uid': uid,
      ...(profile && { '/linux/seccomp': { ...profile } }),
    },
  });
}

/** All calls pass but those of `rules`. */
export function except(...rules: Json[]): Profile {
  return { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'], syscalls: rules };
}
