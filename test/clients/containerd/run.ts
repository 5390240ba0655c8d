import type { Check } from '../support/checks.ts';

/** `ctr run` in the foreground: what the flags make of the container. */
export const run: readonly Check[] = [
  { name: 'what the program writes is written', command: 'run --rm $image one echo hello', stdout: 'hello' },
  {
    name: 'standard error is another stream',
    command: 'run --rm $image one sh -c "echo out; echo err >&2"',
    stdout: 'out',
    stderr: 'err',
  },
  { name: 'the exit status is the program’s', command: 'run --rm $image one sh -c "exit 7"', status: 7 },
  {
    name: 'a signal is 128 and its number',
    command: '(await "running one"; ctr task kill -s KILL one) & run --rm $image one sleep 60',
    status: 137,
  },
  { name: 'standard input is read', command: '(echo typed; sleep 0.5) | run --rm $image one cat', stdout: 'typed' },
  {
    name: 'standard input ends',
    command: 'head -c 1000000 /dev/zero | run --rm $image one wc -c',
    stdout: '1000000',
  },
  { name: '--env', command: 'run --rm --env A=b $image one sh -c "echo \\$A"', stdout: 'b' },
  {
    name: '--env-file',
    command: 'printf "A=b\\nC=d\\n" > /tmp/env; run --rm --env-file /tmp/env $image one sh -c "echo \\$A\\$C"',
    stdout: 'bd',
  },
  { name: '--cwd', command: 'run --rm --cwd /tmp $image one pwd', stdout: '/tmp' },
  { name: '--tty', command: 'terminal "$(declare -f run); run --rm --tty $image one tty"', stdout: /\/dev\/pts\/0/ },
  {
    name: '--tty carries what is typed',
    command: 'echo word | terminal "$(declare -f run); run --rm --tty $image one head -n1"',
    stdout: /word/,
  },
  {
    name: '--read-only',
    command: 'run --rm --read-only $image one touch /file',
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--mount of a directory',
    command:
      'mkdir -p /tmp/m; echo there > /tmp/m/f; run --rm --mount type=bind,src=/tmp/m,dst=/m,options=rbind:rw $image one cat /m/f',
    stdout: 'there',
  },
  {
    name: '--mount, read-only',
    command: 'mkdir -p /tmp/m; run --rm --mount type=bind,src=/tmp/m,dst=/m,options=rbind:ro $image one touch /m/new',
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--mount of a tmpfs',
    command:
      'run --rm --mount type=tmpfs,src=tmpfs,dst=/m,options=size=64k $image one sh -c "grep -c \' /m tmpfs\' /proc/mounts"',
    stdout: '1',
  },
  {
    name: '--cap-drop',
    command: 'run --rm --cap-drop CAP_CHOWN $image one chown 1 /tmp',
    status: 1,
    stderr: /Operation not permitted/,
  },
  {
    name: '--cap-add',
    command: 'run --rm --cap-add CAP_SYS_TIME $image one grep CapEff /proc/self/status',
    stdout: /CapEff:\t0+a[a-f0-9]{3}25fb/,
  },
  {
    name: '--privileged',
    command: 'run --rm --privileged $image one sh -c "mount -t tmpfs none /tmp && echo mounted"',
    stdout: 'mounted',
  },
  { name: 'no new privileges', command: 'run --rm $image one grep NoNewPrivs /proc/self/status', stdout: /1$/ },
  {
    name: '--allow-new-privs',
    command: 'run --rm --allow-new-privs $image one grep NoNewPrivs /proc/self/status',
    stdout: /0$/,
  },
  {
    name: '--seccomp',
    command: 'run --rm --seccomp $image one sh -c "grep Seccomp: /proc/self/status; unshare -U true"',
    status: 1,
    stdout: /2$/,
    stderr: /Operation not permitted/,
  },
  {
    name: '--net-host',
    command: 'test "$(run --rm --net-host $image one readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"',
  },
  {
    name: 'a network of its own otherwise',
    command: 'test "$(run --rm $image one readlink /proc/self/ns/net)" != "$(readlink /proc/self/ns/net)"',
  },
  {
    name: '--with-ns',
    command: 'test "$(run --rm --with-ns uts:/proc/self/ns/uts $image one hostname)" = "$(hostname)"',
    stdout: '',
  },
  { name: '--device', command: 'run --rm --device /dev/fuse $image one ls /dev/fuse', stdout: '/dev/fuse' },
  {
    name: '--rootfs',
    command: 'mkdir -p /tmp/r/bin; cp /bin/busybox /tmp/r/bin/; run --rm --rootfs /tmp/r one /bin/busybox echo own',
    stdout: 'own',
  },
  {
    name: '--cgroup',
    command: 'run -d --cgroup /mine/one $image one sleep 60; cat /sys/fs/cgroup/mine/one/cgroup.procs | wc -l',
    stdout: '1',
  },
  {
    name: '--pid-file',
    command:
      'run -d --pid-file /tmp/pid $image one sleep 60; await "grep sleep /proc/$(cat /tmp/pid)/cmdline"; tr "\\0" " " < /proc/$(cat /tmp/pid)/cmdline',
    stdout: 'sleep 60 ',
  },
  {
    name: '--log-uri',
    command: 'run -d --log-uri file:///tmp/log $image one echo logged; await "grep logged /tmp/log"',
  },
  { name: '--null-io', command: 'run --rm --null-io $image one echo nothing', stdout: '' },
  {
    name: '--config',
    command: `
run -d $image model sleep 60
jq '.process.args = ["echo", "from a file"] | .linux.cgroupsPath = "/default/one"' \\
  /run/containerd/io.containerd.runtime.v2.task/default/model/config.json > /tmp/config.json
mkdir -p /tmp/r2/bin; cp /bin/busybox /tmp/r2/bin/busybox; ln -sf busybox /tmp/r2/bin/echo
jq '.root.path = "/tmp/r2"' /tmp/config.json > /tmp/config2.json
run --rm --config /tmp/config2.json one`,
    stdout: 'from a file',
  },
  {
    name: 'a user namespace',
    command: 'run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 $image one cat /proc/self/uid_map',
    stdout: /0 +100000 +65536/,
  },
  {
    name: 'twenty at once',
    command: `
for i in $(seq 20); do (run --rm $image many-$i echo $i) & done | sort -n | tr '\\n' ' '
wait; ctr container ls -q`,
    stdout: '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ',
    seconds: 90,
  },
];
