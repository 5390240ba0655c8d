import type { Check } from '../support/checks.ts';

const LOAD = 'unprivileged podman load -q -i /run/world/image.tar > /dev/null 2>&1;';
const PODMAN = 'unprivileged podman --cgroup-manager cgroupfs';

/** podman of a user without privileges, in a user namespace that newuidmap has mapped. */
export const rootless: readonly Check[] = [
  {
    name: 'run',
    command: `${LOAD} ${PODMAN} run --rm --network none $image id -u`,
    stdout: '0',
  },
  {
    name: 'the IDs are mapped',
    command: `${LOAD} ${PODMAN} run --rm --network none $image cat /proc/self/uid_map`,
    stdout: /0 +1000 +1\n +1 +200000 +65536/,
  },
  {
    name: 'exit status',
    command: `${LOAD} ${PODMAN} run --rm --network none $image sh -c 'exit 7'`,
    status: 7,
  },
  {
    name: 'another user in it',
    command: `${LOAD} ${PODMAN} run --rm --network none --user user $image id -u`,
    stdout: '1000',
  },
  {
    name: '--userns keep-id',
    command: `${LOAD} ${PODMAN} run --rm --network none --userns keep-id $image id -u`,
    stdout: '1000',
  },
  {
    name: 'detach, exec, kill',
    command: `${LOAD}
${PODMAN} run -d --name mine --network none $image sleep 60 > /dev/null
${PODMAN} exec mine echo inside; ${PODMAN} kill mine > /dev/null; ${PODMAN} wait mine; ${PODMAN} rm mine > /dev/null`,
    stdout: 'inside\n137',
  },
  {
    name: 'a terminal',
    command: `${LOAD} ${PODMAN} run --rm -t --network none $image tty`,
    stdout: '/dev/pts/0',
  },
  {
    name: 'a command that does not exist',
    command: `${LOAD} ${PODMAN} run --rm --network none $image no-such-command`,
    status: 127,
    stderr: /executable file not found in \$PATH/,
  },
];
