import type { Check } from '../support/checks.ts';
import { documentedCommands } from '../support/documentation.ts';

/** A container that runs in the background, and what is done to it. */
export const task: readonly Check[] = [
  { name: 'a detached one is running', command: 'run -d $image one sleep 60; running one' },
  {
    name: 'exec',
    command: 'run -d $image one sleep 60; ctr task exec --exec-id e one echo from exec',
    stdout: 'from exec',
  },
  {
    name: 'the exit status of exec',
    command: 'run -d $image one sleep 60; ctr task exec --exec-id e one sh -c "exit 9"',
    status: 9,
  },
  {
    name: 'standard input of exec',
    command: 'run -d $image one sleep 60; echo typed | ctr task exec --exec-id e one cat',
    stdout: 'typed',
  },
  {
    name: 'exec --tty',
    command: 'run -d $image one sleep 60; terminal ctr task exec --tty --exec-id e one tty',
    stdout: /\/dev\/pts\/0/,
  },
  {
    name: 'exec --cwd',
    command: 'run -d $image one sleep 60; ctr task exec --cwd /tmp --exec-id e one pwd',
    stdout: '/tmp',
  },
  {
    name: 'exec --user',
    command: 'run -d $image one sleep 60; ctr task exec --user 1000:1000 --exec-id e one id -u',
    stdout: '1000',
  },
  {
    name: 'exec --detach, and a signal for it alone',
    command: `
run -d $image one sleep 60
ctr task exec --detach --exec-id e one sleep 61
ctr task kill -s KILL --exec-id e one
await '! pgrep -fx "sleep 61"' && running one`,
  },
  {
    name: 'kill',
    command:
      'run -d $image one sh -c "trap \'exit 3\' TERM; while :; do sleep 0.1; done"; sleep 0.5; ctr task kill one; await "stopped one"; ctr task delete one',
    stderr: /exit code 3"/,
  },
  {
    name: 'kill --signal',
    command: 'run -d $image one sleep 60; ctr task kill -s KILL one; await "stopped one"; ctr task delete one',
    stderr: /exit code 137"/,
  },
  {
    name: 'kill --all',
    command: `
run -d $image one sh -c "sleep 71 & sleep 72"
await 'pgrep -fx "sleep 71"'
ctr task kill --all -s KILL one; await "stopped one"
pgrep -fx 'sleep 7[12]'`,
    status: 1,
    stdout: '',
  },
  {
    name: 'kill of what has ended',
    command: 'run -d $image one true; await "stopped one"; ctr task kill one',
    status: 1,
    stderr: /process already finished|not found/,
  },
  {
    name: 'pause and resume',
    command: `
run -d $image one sleep 60
ctr task pause one; ctr task ls | grep -o PAUSED
cat /sys/fs/cgroup/default/one/cgroup.freeze
ctr task resume one; running one`,
    stdout: 'PAUSED\n1',
  },
  {
    name: 'exec into a paused one is refused',
    command: 'run -d $image one sleep 60; ctr task pause one; ctr task exec --exec-id e one true',
    status: 1,
    stderr: /paused/,
  },
  {
    name: 'ps',
    command: 'run -d $image one sh -c "sleep 60 & sleep 60; true"; sleep 0.5; ctr task ps one | tail -n +2 | wc -l',
    stdout: '3',
  },
  { name: 'metrics', command: 'run -d $image one sleep 60; ctr task metrics one', stdout: /^ID +TIMESTAMP/ },
  {
    name: 'delete of a running one is refused',
    command: 'run -d $image one sleep 60; ctr task delete one',
    status: 1,
    stderr: /running/,
  },
  {
    name: 'delete --force',
    command: 'run -d $image one sleep 60; ctr task delete --force one; ctr task ls -q; ls /run/containerd/runc/default',
    status: 0,
    stdout: '',
  },
  {
    name: 'attach',
    command: `
run -d --fifo-dir /tmp/fifos $image one sh -c 'while :; do echo tick; sleep 0.2; done'
timeout -s KILL 2 ctr task attach one | head -n 1`,
    stdout: /^tick/,
  },
  {
    name: 'a name that is taken',
    command: 'run -d $image one sleep 60; run --rm $image one true',
    status: 1,
    stderr: /already exists/,
  },
  {
    name: 'the name is free again',
    command: 'run --rm $image one echo first; run --rm $image one echo second',
    stdout: 'first\nsecond',
  },
  {
    name: 'events tell of its end',
    command: `
ctr events > /tmp/events & events=$!
sleep 0.5; run --rm $image one sh -c 'exit 5'
await "grep -q '/tasks/exit.*\\"exit_status\\":5' /tmp/events"; status=$?
kill $events; exit $status`,
  },
  {
    name: 'it survives a restart of containerd, and is still controlled',
    command: `
run -d $image one sleep 60
kill $(pgrep -x containerd); await '! pgrep -x containerd'
start_daemon
running one && ctr task exec --exec-id e one echo alive
ctr task kill -s KILL one; await 'stopped one'`,
    stdout: 'alive',
  },
  {
    name: 'its end is noticed while containerd is down',
    command: `
run -d $image one sh -c 'sleep 1; exit 4'
kill $(pgrep -x containerd); await '! pgrep -x containerd'
await '! pgrep -fx "sleep 1"'
start_daemon
await 'stopped one'; ctr task delete one`,
    stderr: /exit code 4"/,
  },
  {
    name: 'a shim that dies in the middle of a create leaves nothing',
    command: `
for delay in 0.03 0.06 0.09 0.12 0.15 0.2; do
  run -d $image victim sleep 81 > /dev/null 2>&1 & run=$!
  sleep $delay; pkill -KILL -x containerd-shim; wait $run
  ctr task delete --force victim; ctr container rm victim
done > /dev/null 2>&1
await '! pgrep -fx "sleep 81"'
await 'test -z "$(ls /run/containerd/runc/default)"'
await '! test -e /sys/fs/cgroup/default/victim'
run --rm $image victim echo afterwards`,
    stdout: 'afterwards',
  },
  {
    name: 'what docs/clients.md says',
    command: documentedCommands('containerd').replace('ctr run', 'ctr run --cpu-shares 0'),
    stdout: 'hello',
  },
  {
    name: 'the configuration of packaging/',
    command: `
containerd --config /run/world/tsrunc.toml config dump | grep -A 15 'runtimes.tsrunc.options' | grep BinaryName`,
    stdout: /BinaryName = "\/run\/world\/bin\/\w+"/,
  },
];
