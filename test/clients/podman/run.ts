import { alike } from '../support/alike.ts';
import type { Check } from '../support/checks.ts';

/** `podman run`: what the flags make of the container. */
export const run: readonly Check[] = [
  ...alike('podman').run,
  {
    name: '--tty at a terminal',
    // podman stops listening when the program has ended, whether it has heard all or not.
    command: `terminal "podman run --rm -it $image sh -c 'tty; sleep 1'"`,
    stdout: /\/dev\/pts\/0/,
  },
  { name: '--init', command: 'podman run --rm --init $image cat /proc/1/comm', stdout: /^(podman-init|catatonit)$/ },
  {
    name: '--sysctl',
    command: 'podman run --rm --network none --sysctl net.ipv4.ip_forward=1 $image cat /proc/sys/net/ipv4/ip_forward',
    stdout: '1',
  },
  {
    name: 'the seccomp profile',
    command: 'podman run --rm $image sh -c "grep Seccomp: /proc/self/status; unshare -n true"',
    status: 1,
    stdout: /2$/,
  },
  {
    name: '--security-opt unmask=ALL',
    command: 'podman run --rm --security-opt unmask=ALL $image grep -c " /proc/sys" /proc/self/mounts',
    status: 1,
    stdout: '0',
  },
  {
    name: '--userns with a map',
    command: 'podman run --rm --uidmap 0:100000:5000 --gidmap 0:100000:5000 $image cat /proc/self/uid_map',
    stdout: /0 +100000 +5000/,
  },
  {
    name: '--userns auto',
    command:
      'echo containers:300000:200000 >> /etc/subuid; podman run --rm --userns auto $image cat /proc/self/uid_map',
    stdout: /0 +\d+ +\d+/,
  },
  {
    name: '--pids-limit -1 is no limit, where there is no controller either',
    command: 'podman run --rm --pids-limit -1 $image sh -c "echo several | cat | cat"',
    stdout: 'several',
  },
  {
    name: '--cgroupns host',
    command: 'podman run --rm --cgroupns host $image cat /proc/self/cgroup',
    stdout: /0::\/.*libpod/,
  },
  {
    name: '--preserve-fds',
    command: 'echo passed > /tmp/three; podman run --rm --preserve-fds 1 $image cat /proc/self/fd/3 3< /tmp/three',
    stdout: 'passed',
  },
  {
    name: '--annotation that another runtime would know',
    command: 'podman run --rm --annotation run.oci.handler=none $image echo ignored',
    stdout: 'ignored',
  },
  {
    name: '--group-add keep-groups',
    command: 'podman run --rm --group-add 3000 --user user $image id -G',
    stdout: /\b3000\b/,
  },
  {
    name: 'of a runtime whose log is not read',
    command: 'podman --runtime plain run --rm $image echo plain',
    stdout: 'plain',
  },
  {
    name: '--runtime with a path',
    command: 'podman --runtime "$RUNTIME" run --rm $image echo path',
    stdout: 'path',
  },
  {
    name: '--rm leaves nothing',
    command: `
podman run --rm $image true
podman ps -aq; ls /run/tsrunc /run/runc 2> /dev/null | grep -v : | grep .; find /sys/fs/cgroup -name 'libpod-[0-9a-f]*'`,
    stdout: '',
  },
  {
    name: 'ten at once',
    command: `
for i in $(seq 10); do podman run --rm $image echo $i & done | sort -n | tr '\\n' ' '
wait; podman ps -aq`,
    stdout: '1 2 3 4 5 6 7 8 9 10 ',
  },
];
