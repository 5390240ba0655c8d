import { count } from '../../integration/support/wait.ts';
import { worldOf } from '../support/client.ts';
import { client } from './client.ts';

const RUNS = count(20, 200);

/** What the world has now: below the state roots, in the hierarchy, among the mounts and the processes. */
const INVENTORY = `
docker ps -aq
find /run/docker/runtime-* /run/docker/containerd/daemon -path '*moby*' -mindepth 1 2> /dev/null
find /sys/fs/cgroup -mindepth 1 -type d
awk '{ print $5 }' /proc/self/mountinfo
ps -eo comm= | grep -vxE 'ps|grep|awk|bash|sort|find|sleep|docker'`;

const world = worldOf(client);

if (world !== undefined) {
  const shell = (command: string) => world.shell(command, { prelude: client.prelude, seconds: 500 });

  test(`after ${RUNS} times \`docker run --rm\`, ten at a time, nothing remains`, async () => {
    await shell('docker run --rm $image true');
    const before = await shell(INVENTORY);
    const many = `seq ${RUNS} | xargs -P 10 -I N docker run --rm $image echo N | sort -n | tail -n 1`;
    const { stdout, stderr } = await shell(many);
    expect({ stdout, stderr }).toEqual({ stdout: `${RUNS}\n`, stderr: '' });
    await shell(`await 'test -z "$(docker ps -aq)"'; sleep 1`);
    expect((await shell(INVENTORY)).stdout).toBe(before.stdout);
  });
}
