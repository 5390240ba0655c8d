import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Container } from './support/container.ts';
import { cgroup2Mount, processes, slurp, statusField, which } from './support/host.ts';
import type { Json } from './support/json.ts';
import { type Outcome, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { count, until } from './support/wait.ts';

const box = sandbox('exec-attack');

/** The attacker is a C program. */
const testWithCompiler = which('gcc') === undefined ? test.skip : testTsrunc;

/**
 * For every process that turns up: ptrace, its executable, root, working directory, memory, descriptors. Whatever the
 * kernel allows is a line of output. Programs of the container are the attacker's own kind, and known by their `comm`:
 * the stub's is what is hunted.
 */
const ATTACKER = String.raw`
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int seen[1 << 16];

static int is_stub(int pid) {
  char path[64], comm[32] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  int n = read(fd, comm, sizeof comm - 1);
  close(fd);
  return n > 0 && strncmp(comm, "tsrunc", 6) == 0;
}

/* A success counts only if it is the stub before and after: between the two it may have become the program. */
static void try_file(int pid, const char *name, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, flags);
  if (fd < 0) return;
  if (is_stub(pid)) { printf("GOT %s\n", name); fflush(stdout); }
  close(fd);
}

/* Their numbers are no secret among those of one user; what is behind them is. */
static void try_descriptors(int pid) {
  char name[16];
  for (int fd = 0; fd < 24; fd++) {
    snprintf(name, sizeof name, "fd/%d", fd);
    try_file(pid, name, O_PATH);
  }
}

static void attack(int pid) {
  if (!is_stub(pid)) return;
  if (pid > 0 && pid < 1 << 16 && !seen[pid]++) { printf("SAW %d\n", pid); fflush(stdout); }
  try_file(pid, "exe", O_RDONLY);
  try_file(pid, "root", O_PATH | O_DIRECTORY);
  try_file(pid, "root/etc/shadow", O_RDONLY);
  try_file(pid, "cwd/.", O_RDONLY);
  try_file(pid, "mem", O_RDWR);
  try_file(pid, "environ", O_RDONLY);
  try_file(pid, "ns/mnt", O_RDONLY);
  try_descriptors(pid);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
    /* Let go of, or nobody else would learn of its end: the program itself may be traced by its own kind. */
    int status;
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
      if (is_stub(pid)) { printf("GOT ptrace\n"); fflush(stdout); }
      ptrace(PTRACE_DETACH, pid, 0, 0);
    }
  }
}

int main(int argc, char **argv) {
  printf("READY\n");
  fflush(stdout);
  int killer = argc > 1;
  for (;;) {
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while ((entry = readdir(proc))) {
      int pid = atoi(entry->d_name);
      if (pid <= 1 || pid == getpid()) continue;
      if (killer && is_stub(pid)) { printf("SAW %d\n", pid); fflush(stdout); kill(pid, 9); }
      else attack(pid);
    }
    closedir(proc);
    /* PIDs are given out in order: the next ones are tried before they are listed. */
    for (int next = 1; next < 4; next++) attack(getpid() + next);
  }
}
`;

function compile(): string {
  const source = path.join(box.scratch(), 'attacker.c');
  fs.writeFileSync(source, ATTACKER);
  const program = source.replace(/\.c$/, '');
  execFileSync('gcc', ['-O2', '-static', '-D_GNU_SOURCE', '-o', program, source], { stdio: 'pipe' });
  return program;
}

/** Its init is the attacker, with the capabilities that engines give. */
function attacked(...args: string[]): Container {
  const names = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID', 'SYS_CHROOT', 'MKNOD'].map(
    (name) => `CAP_${name}`,
  );
  const capabilities: Json = { bounding: names, effective: names, permitted: names };
  const id = box.id();
  const bundle = box.bundle({
    ownRootfs: true,
    patch: {
      '/process/args': ['/bin/attacker', ...args],
      '/process/capabilities': capabilities,
      '/linux/cgroupsPath': `/${id}`,
    },
  });
  fs.copyFileSync(compile(), path.join(bundle, 'rootfs/bin/attacker'));
  return box.create({ id, bundle }).start();
}

testWithCompiler('an attacker inside gets nothing of what exec brings in', async () => {
  const container = attacked();
  await until('it is ready', () => container.created.later().includes('READY'));
  for (let i = 0; i < count(40, 200); i++) {
    expect(container.call(['exec', container.id, 'echo', `${i}`])).toMatchObject({ status: 0, stdout: `${i}\n` });
  }
  const lines = container.created.later().split('\n');
  expect(lines.filter((line) => line.startsWith('GOT'))).toEqual([]);
  // Otherwise it has not tried.
  expect(lines.filter((line) => line.startsWith('SAW')).length).toBeGreaterThan(0);
});

testWithCompiler('an attacker inside who kills it makes exec fail, and nothing else', async () => {
  const container = attacked('kill');
  await until('it is ready', () => container.created.later().includes('READY'));
  for (let i = 0; i < count(20, 100); i++) {
    const { status, stdout, stderr } = container.call(['exec', container.id, 'echo', `${i}`]);
    if (status === 0) expect(stdout).toBe(`${i}\n`);
    else if (status === 255) expect(stderr).toMatch(/exec failed: .*died/);
    else expect(status).toBe(137);
  }
  expect(container.state().status).toBe('running');
});

interface Usage {
  readonly processes: number;
  readonly zombies: number;
  readonly cgroups: number;
  readonly descriptors: number;
}

testTsrunc('a thousand execs, twenty at a time: each its own output and exit status, and nothing grows', async () => {
  const id = box.id();
  const container = box.create({ id, script: 'exec sleep 1000', patch: { '/linux/cgroupsPath': `/${id}` } }).start();
  const before = usage(container);
  const total = count(60, 1000);
  for (let first = 0; first < total; first += 20) {
    const numbers = Array.from({ length: Math.min(20, total - first) }, (_, i) => first + i);
    const outcomes = await Promise.all(numbers.map((number) => execute(container, number)));
    numbers.forEach((number, i) => {
      expect(outcomes[i]).toMatchObject({ status: number % 251, stdout: `out ${number}\n`, stderr: `err ${number}\n` });
    });
  }
  await until('all of them are gone', () => usage(container).processes === before.processes);
  expect(usage(container)).toEqual(before);
});

function execute({ id }: Container, number: number): Promise<Outcome> {
  const script = `echo out ${number}; echo err ${number} >&2; exit ${number % 251}`;
  return box.begin(['exec', id, 'sh', '-c', script], { timeout: 100 }).done;
}

function usage({ id, pid }: Container): Usage {
  const directory = `${cgroup2Mount()}/${id}`;
  const namespace = fs.readlinkSync(`/proc/${pid}/ns/pid`);
  const inside = processes().filter((other) => {
    try {
      return fs.readlinkSync(`/proc/${other}/ns/pid`) === namespace;
    } catch {
      return false;
    }
  });
  return {
    processes: slurp(`${directory}/cgroup.procs`).split('\n').filter(Boolean).length,
    zombies: inside.filter((other) => statusField(other, 'State')?.startsWith('Z')).length,
    cgroups: fs.readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length,
    descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
  };
}
