import { alike } from '../support/alike.ts';
import type { Check } from '../support/checks.ts';

/** `docker run`: what the flags make of the container. */
export const run: readonly Check[] = [
  ...alike('docker').run,
  {
    name: '--interactive --tty',
    command: 'echo word | terminal docker run --rm -it $image head -n1',
    stdout: /word(.|\n)*word/,
  },
  {
    name: 'the size of the terminal',
    command: 'terminal "stty rows 33 cols 77; docker run --rm -it $image sh -c \'sleep 0.5; stty size\'"',
    stdout: /33 77/,
  },
  { name: '--init', command: 'docker run --rm --init $image cat /proc/1/comm', stdout: 'docker-init' },
  {
    name: '--volume, shared propagation',
    command: `
mkdir -p /tmp/shared; mount -t tmpfs t /tmp/shared; mount --make-shared /tmp/shared
docker run --rm -v /tmp/shared:/v:rshared $image grep ' /v ' /proc/self/mountinfo
umount /tmp/shared`,
    stdout: /shared:/,
  },
  {
    name: '--mount of a tmpfs',
    command: 'docker run --rm --mount type=tmpfs,dst=/m,tmpfs-size=65536 $image grep " /m " /proc/mounts',
    stdout: /tmpfs.*size=64k/,
  },
  {
    name: '--read-only with a --tmpfs',
    command: 'docker run --rm --read-only --tmpfs /t $image touch /t/file',
  },
  {
    name: '--cap-drop',
    command: 'docker run --rm --cap-drop CHOWN $image chown 1 /tmp',
    status: 1,
    stderr: /Operation not permitted/,
  },
  {
    name: '--workdir that is not there is made',
    command: 'docker run --rm -w /made/for/it $image pwd',
    stdout: '/made/for/it',
  },
  { name: '--user by name', command: 'docker run --rm --user user $image id -u', stdout: '1000' },
  {
    name: '--group-add',
    command: 'docker run --rm --user user --group-add 3000 $image id -G',
    stdout: /\b3000\b/,
  },
  {
    name: '--add-host',
    command: 'docker run --rm --add-host there:1.2.3.4 $image grep there /etc/hosts',
    stdout: /1\.2\.3\.4\s+there/,
  },
  {
    name: 'a device that was not asked for',
    command: 'docker run --rm $image sh -c "mknod /f c 10 229 && : < /f"',
    status: 1,
    stderr: /Operation not permitted/,
  },
  {
    name: 'the seccomp profile',
    command: 'docker run --rm $image sh -c "grep Seccomp: /proc/self/status; unshare -U true"',
    status: 1,
    stdout: /2$/,
  },
  {
    name: '--security-opt seccomp=unconfined',
    command: 'docker run --rm --security-opt seccomp=unconfined $image grep Seccomp: /proc/self/status',
    stdout: /0$/,
  },
  {
    name: '--security-opt seccomp=FILE',
    command: `
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}' > /tmp/profile
docker run --rm --security-opt seccomp=/tmp/profile $image mkdir /made`,
    status: 1,
    stderr: /Operation not permitted/,
  },
  {
    name: '--security-opt systempaths=unconfined',
    command: 'docker run --rm --security-opt systempaths=unconfined $image sh -c "grep -c /proc/sys /proc/self/mounts"',
    status: 1,
    stdout: '0',
  },
  {
    name: '--sysctl',
    command: 'docker run --rm --sysctl net.ipv4.ip_forward=1 $image cat /proc/sys/net/ipv4/ip_forward',
    stdout: '1',
  },
  {
    name: '--shm-size',
    command: 'docker run --rm --shm-size 64k $image sh -c "df -k /dev/shm | tail -n1"',
    stdout: /^shm +64 /,
  },
  {
    name: '--oom-score-adj',
    command: 'docker run --rm --oom-score-adj 500 $image cat /proc/self/oom_score_adj',
    stdout: '500',
  },
  {
    name: '--network of another container',
    command: `
docker run -d --name one $image sleep 60 > /dev/null
test "$(docker run --rm --network container:one $image readlink /proc/self/ns/net)" = "$(docker exec one readlink /proc/self/ns/net)"`,
  },
  {
    name: '--pid of another container',
    command: `
docker run -d --name one $image sleep 61 > /dev/null
docker run --rm --pid container:one $image tr '\\0' ' ' < /proc/1/cmdline > /dev/null
docker run --rm --pid container:one $image cat /proc/1/comm`,
    stdout: 'sleep',
  },
  {
    name: '--ipc and --uts of the host',
    command: `
test "$(docker run --rm --ipc host --uts host $image sh -c 'readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts')" = \\
  "$(readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts)"`,
  },
  {
    name: '--publish',
    command: `
docker run -d -p 127.0.0.1:8080:80 $image sh -c 'echo page > index.html; httpd -f -p 80' > /dev/null
await 'busybox wget -qO- http://127.0.0.1:8080/'
busybox wget -qO- http://127.0.0.1:8080/`,
    stdout: 'page',
  },
  {
    name: '--memory where there is no controller',
    command: 'docker run --rm --memory 64m $image echo done',
    stdout: 'done',
    stderr: /kernel does not support memory limit/,
  },
  {
    name: '--cgroup-parent',
    command: 'docker run -d --cgroup-parent /mine $image sleep 60 > /dev/null; ls -d /sys/fs/cgroup/mine/*/ | wc -l',
    stdout: '1',
  },
  {
    name: '--rm leaves nothing',
    command: `
docker run --rm $image true
docker ps -aq; ls /run/docker/runtime-runc/moby /run/docker/runtime-tsrunc/moby 2> /dev/null | grep -v :
ls /sys/fs/cgroup/docker | grep -v '\\.'`,
    status: 1,
    stdout: '',
  },
  {
    name: '--entrypoint',
    command: 'docker run --rm --entrypoint /bin/echo $image entered',
    stdout: 'entered',
  },
  {
    name: '--runtime',
    command: 'docker run --rm --runtime tsrunc $image echo named',
    stdout: 'named',
  },
  {
    name: 'an argument list of 100 kB',
    command: 'docker run --rm $image sh -c "echo \\$#" sh $(seq 20000)',
    stdout: '20000',
  },
];
