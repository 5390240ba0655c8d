import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build, except, type Profile, testWithCompiler } from './seccomp/probe.ts';
import { linkOf, slurp, statusField } from './support/host.ts';
import { isTsrunc, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('notify');
let program = '';

beforeAll(() => {
  if (testWithCompiler === test) program = build('seccomp-agent', path.join(box.dir, 'seccomp-agent'));
});

const EACCES = 13;
const MKDIR = 83;
const EXECVE = 59;

/** A seccomp agent that runs until {@link stop}. */
class Agent {
  readonly socket: string;
  private readonly output = `${box.io()}.agent`;
  private readonly child: ChildProcess;

  /** In place of one that has been stopped, if `socket` is its. */
  constructor(socket = path.join(box.scratch(), 'agent.sock')) {
    this.socket = socket;
    fs.rmSync(socket, { force: true });
    const file = fs.openSync(this.output, 'a');
    this.child = spawn(program, [this.socket, String(EACCES)], { stdio: ['ignore', file, 'inherit'] });
    fs.closeSync(file);
  }

  static async ready(socket?: string): Promise<Agent> {
    const agent = new Agent(socket);
    await until('the agent listens', () => slurp(agent.output).includes('ready'));
    return agent;
  }

  /** What it has said by now, without `ready`: a message, how the connection ended, the calls. */
  get lines(): string[] {
    return slurp(this.output).trimEnd().split('\n').slice(1);
  }

  get message(): { [key: string]: unknown } {
    return JSON.parse(this.lines[0] ?? '');
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

function notifying(agent: { socket: string }, names: string[], extra: Profile = {}): Profile {
  return {
    ...except({ names, action: 'SCMP_ACT_NOTIFY' }),
    listenerPath: agent.socket,
    listenerMetadata: 'what the agent knows it by',
    ...extra,
  };
}

async function withAgent(body: (agent: Agent) => Promise<void> | void): Promise<void> {
  const agent = await Agent.ready();
  try {
    await body(agent);
  } finally {
    agent.stop();
  }
}

for (const noNewPrivileges of [true, false]) {
  testWithCompiler(`the agent gets the listener at create, and decides, nnp ${noNewPrivileges}`, async () => {
    await withAgent(async (agent) => {
      const container = box.create({
        script: 'mkdir /tmp/x 2>&1; grep Seccomp: /proc/self/status',
        patch: {
          '/linux/seccomp': notifying(agent, ['mkdir']),
          '/process/noNewPrivileges': noNewPrivileges,
          '/annotations': { 'org.example.key': 'value' },
        },
      });
      await until('the agent has the listener', () => agent.lines.includes('closed'));
      const { id, pid } = container;
      expect(agent.message).toEqual({
        ociVersion: expect.stringMatching(/^1\./),
        fds: ['seccompFd'],
        pid,
        metadata: 'what the agent knows it by',
        state: {
          ociVersion: '1.0.2',
          id,
          status: 'creating',
          pid,
          bundle: container.state().bundle,
          annotations: { 'org.example.key': 'value' },
        },
      });
      expect(container.state().status).toBe('created');
      container.start();
      expect(await container.stopped()).toMatch(/^mkdir: .*[Pp]ermission denied\nSeccomp:\t2\n$/);
      expect(agent.lines.slice(2)).toEqual([`call ${MKDIR}`]);
    });
  });

  testWithCompiler(`calls that the runtime itself makes are decided too, nnp ${noNewPrivileges}`, async () => {
    await withAgent((agent) => {
      const names = ['execve', 'openat', 'open', 'read', 'close', 'fcntl', 'accept4', 'madvise', 'prctl', 'capset'];
      const patch = {
        '/process/args': ['true'],
        '/linux/seccomp': notifying(agent, names),
        '/process/noNewPrivileges': noNewPrivileges,
      };
      ok(box.run({ patch }));
      expect(agent.lines).toContain(`call ${EXECVE}`);
    });
  });
}

/** Runc 1.1.5 hangs here. */
const testExec = isTsrunc ? testWithCompiler : test.skip;

testExec('a process of exec has a listener of its own', async () => {
  const first = await Agent.ready();
  const container = box.create({
    script: 'exec sleep 100',
    patch: { '/linux/seccomp': notifying(first, ['mkdir']) },
  });
  container.start();
  first.stop();
  const second = await Agent.ready(first.socket);
  try {
    const outcome = container.call(['exec', container.id, 'sh', '-c', 'mkdir /tmp/x 2>&1; echo $?'], { timeout: 10 });
    expect(ok(outcome).stdout).toMatch(/^mkdir: .*[Pp]ermission denied\n1\n$/);
    const { pid, state, metadata } = second.message;
    expect({ state, metadata }).toMatchObject({
      state: { id: container.id, status: 'running', pid: container.pid },
      metadata: 'what the agent knows it by',
    });
    expect(pid).not.toBe(container.pid);
    expect(second.lines.slice(2)).toEqual([`call ${MKDIR}`]);
  } finally {
    second.stop();
    container.delete('--force');
  }
});

testTsrunc('a profile that does not let init wait is loaded at start', async () => {
  if (testWithCompiler !== test) return;
  await withAgent(async (agent) => {
    const syscalls = [
      { names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' },
      { names: ['accept4'], action: 'SCMP_ACT_KILL_PROCESS' },
    ];
    const patch = { '/linux/seccomp': notifying(agent, [], { syscalls }) };
    const container = box.create({ script: 'mkdir /tmp/x 2>/dev/null || echo refused', patch });
    expect(agent.lines).toEqual([]);
    container.start();
    expect(await container.stopped()).toBe('refused\n');
    expect(agent.message).toMatchObject({ pid: container.pid, state: { status: 'created' } });
  });
});

testTsrunc('the kernel takes all flags of the specification together', async () => {
  if (testWithCompiler !== test) return;
  await withAgent((agent) => {
    const flags = ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV', 'SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG'];
    const patch = { '/process/args': ['true'], '/linux/seccomp': notifying(agent, ['mkdir'], { flags }) };
    ok(box.run({ patch }));
  });
});

testTsrunc('init waits without the listener, and without the privilege that loading took', async () => {
  if (testWithCompiler !== test) return;
  await withAgent((agent) => {
    const patch = { '/linux/seccomp': notifying(agent, ['mkdir']), '/process/noNewPrivileges': false };
    const { pid } = box.create({ patch });
    const descriptors = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    expect(descriptors.filter((target) => target.includes('seccomp'))).toEqual([]);
    expect([statusField(pid, 'CapEff'), statusField(pid, 'Seccomp')]).toEqual(['0000000020000420', '2']);
  });
});

testTsrunc('start fails and does not hang when the agent is gone', async () => {
  if (testWithCompiler !== test) return;
  await withAgent(async (agent) => {
    const container = box.create({ patch: { '/linux/seccomp': notifying(agent, ['execve', 'mkdir']) } });
    agent.stop();
    refused(container.call(['start', container.id], { timeout: 10 }), /execve/);
    container.delete();
  });
});

testTsrunc('startContainer hooks of a confined init are decided by the same agent', async () => {
  if (testWithCompiler !== test) return;
  await withAgent((agent) => {
    const patch = {
      '/process/args': ['true'],
      '/linux/seccomp': notifying(agent, ['mkdir']),
      '/hooks/startContainer': [{ path: '/bin/sh', args: ['sh', '-c', '! mkdir /tmp/from-the-hook'] }],
    };
    ok(box.run({ patch }));
    expect(agent.lines.slice(2)).toEqual([`call ${MKDIR}`]);
  });
});

test('nobody at listenerPath: create fails and leaves nothing', () => {
  const { id, created } = box.tryCreate({
    patch: { '/linux/seccomp': notifying({ socket: '/nowhere/agent' }, ['mkdir']) },
  });
  if (isTsrunc) refused(created, '/linux/seccomp/listenerPath: ');
  else expect(created.status).toBe(1);
  expect(box.containers()).not.toContain(id);
});

test('a listenerPath that no rule needs is not looked at', () => {
  const seccomp = { ...except({ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }), listenerPath: '/nowhere/agent' };
  ok(box.run({ patch: { '/process/args': ['true'], '/linux/seccomp': seccomp } }));
});
