import { type Check, said } from './check.ts';
import { type Container, type Kubelet, refusal } from './kubelet.ts';

const PROBES = 50;

/** ExecSync: what probes and the hooks of a container's life are made of. */
export const exec: readonly Check[] = [
  {
    name: 'exit code, standard output, standard error',
    does: (kubelet) => inside(kubelet, (it) => it.exec(['sh', '-c', 'echo out; echo err >&2; exit 4'])),
    gives: { exitCode: 4, stdout: 'out\n', stderr: 'err\n' },
  },
  {
    name: 'a megabyte',
    does: (kubelet) =>
      inside(
        kubelet,
        async (it) => (await it.exec(['sh', '-c', `head -c 1000000 /dev/zero | tr '\\0' x`])).stdout.length,
      ),
    gives: 1_000_000,
  },
  {
    name: 'it has user, groups, environment, directory and rights of the container',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const script = 'id -u; id -G; echo $A; pwd; grep -E "CapEff|NoNewPrivs" /proc/self/status | cut -f 2';
        return (await it.exec(['sh', '-c', script])).stdout.split('\n');
      }),
    gives: ['1000', '1000 2000 4000', 'b', '/data', '0000000000000000', '1', ''],
  },
  {
    name: 'its processes have the container’s PIDs',
    does: (kubelet) => inside(kubelet, async (it) => (await it.exec(['sh', '-c', 'cat /proc/1/cmdline'])).stdout),
    gives: 'sleep\u0000600\u0000',
  },
  {
    name: 'the time is over: it is told, and the process is ended',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const told = await refusal(it.exec(['sleep', '603'], 1));
        await kubelet.shell(`await '! pgrep -fx "sleep 603"'`);
        return [told, (await it.status()).state];
      }),
    gives: [expect.stringMatching(/timeout 1s exceeded/), 'RUNNING'],
  },
  {
    name: `a probe, ${PROBES} times`,
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const codes = new Set<number>();
        for (let i = 0; i < PROBES; i++) codes.add((await it.exec(['true'], 1)).exitCode);
        return [...codes];
      }),
    gives: [0],
  },
  {
    name: 'ten at once',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const all = await Promise.all(Array.from({ length: 10 }, (_, i) => it.exec(['echo', String(i)])));
        return all.map(({ stdout }) => stdout.trim()).join(' ');
      }),
    gives: '0 1 2 3 4 5 6 7 8 9',
  },
  {
    name: 'a program that does not exist',
    does: (kubelet) => inside(kubelet, (it) => refusal(it.exec(['no-such-command']))),
    gives: said(
      /OCI runtime exec failed: .*exec: "no-such-command": executable file not found in \$PATH/,
      /OCI runtime exec failed: .*executable file not found in \$PATH/,
    ),
  },
  {
    name: 'in a container that has ended',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        await it.stop();
        return refusal(it.exec(['true']));
      }),
    gives: expect.stringMatching(/not in running state|container is in CONTAINER_EXITED state/),
  },
  {
    name: 'the container is stopped meanwhile',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const probe = it.exec(['sleep', '607']);
        await kubelet.shell(`await 'pgrep -fx "sleep 607"'`);
        await it.stop();
        return probe;
      }),
    gives: { exitCode: 137 },
  },
  {
    name: 'what a probe leaves in the background ends with the container',
    does: (kubelet) =>
      inside(kubelet, async (it) => {
        const { exitCode } = await it.exec(['sh', '-c', 'setsid sleep 604 < /dev/null > /dev/null 2>&1 &'], 5);
        await kubelet.shell(`await 'pgrep -fx "sleep 604"'`);
        await it.stop();
        await kubelet.shell(`await '! pgrep -fx "sleep 604"'`);
        return exitCode;
      }),
    gives: 0,
  },
];

async function inside<T>(kubelet: Kubelet, act: (container: Container) => Promise<T>): Promise<T> {
  const pod = await kubelet.pod();
  const security = { run_as_user: { value: 1000 }, supplemental_groups: [4000], no_new_privs: true };
  const envs = [{ key: 'A', value: 'b' }];
  return act(await pod.start({ command: ['sleep', '600'], working_dir: '/data', envs, security }));
}
