import * as fs from 'node:fs';
import { isTsrunc } from '../../integration/support/runtime.ts';
import { sampleOf } from '../support/checks.ts';
import { worldOf } from '../support/client.ts';
import type { World } from '../support/world.ts';
import { CNI, client } from './client.ts';
import { type ContainerOptions, Kubelet, type Machine, type Outcome, type PodOptions } from './kubelet.ts';
import { Namespace } from './messages.ts';

/** What a kubelet does, and what has to come of it. */
export interface Check {
  readonly name: string;
  does(kubelet: Kubelet): Promise<unknown>;
  /** As for jest's `toMatchObject`: of an object, what is said here. */
  readonly gives: unknown;
  /** The plugins of the package containernetworking-plugins. */
  readonly needs?: 'cni';
}

interface Circumstances {
  readonly pod?: PodOptions;
  readonly container?: ContainerOptions;
  /** Shell on the machine before. */
  readonly after?: string;
}

/** A container in a pod runs a line of shell: how it ends, and what it has written. */
export function runs(
  name: string,
  line: string,
  gives: Partial<Record<keyof Outcome, unknown>>,
  { pod, container, after }: Circumstances = {},
): Check {
  return {
    name,
    gives,
    ...(pod?.namespaces?.network === Namespace.POD && { needs: 'cni' }),
    async does(kubelet) {
      if (after !== undefined) await kubelet.shell(after);
      return (await kubelet.pod(pod)).run({ command: ['sh', '-c', line], ...container });
    },
  };
}

/** It writes this, and ends well. */
export function writes(name: string, line: string, stdout: string | RegExp, circumstances?: Circumstances): Check {
  const expected: unknown = typeof stdout === 'string' ? stdout : expect.stringMatching(stdout);
  return runs(name, line, { exitCode: 0, stdout: expected, stderr: '' }, circumstances);
}

/** A sentence of tsrunc's own: another runtime words it otherwise. */
export function said(own: RegExp, common: RegExp): unknown {
  return expect.stringMatching(isTsrunc ? own : common);
}

const HAS_CNI = ['bridge', 'host-local', 'loopback'].every((plugin) => fs.existsSync(`${CNI}/${plugin}`));

function machineOf(world: World): Machine {
  return {
    pathOf: (file) => world.pathOf(file),
    shell: (command) => world.shell(command, { prelude: client.prelude }),
  };
}

/** Makes a test of every check. All share one daemon, one after the other. */
export function runChecks(tables: Readonly<Record<string, readonly Check[]>>): void {
  const world = worldOf(client);
  if (world === undefined) return;
  const kubelet = new Kubelet(machineOf(world), 'tsrunc');
  afterEach(() => kubelet.clear());
  for (const [theme, checks] of sampleOf(tables)) {
    describe(theme, () => {
      for (const { name, does, gives, needs } of checks) {
        (needs === 'cni' && !HAS_CNI ? test.skip : test)(name, async () => {
          expect({ gives: await does(kubelet) }).toMatchObject({ gives });
        });
      }
    });
  }
}
