/**
 * What becomes of a command line of the documentation: a test runs it, or it cannot be run here. `make` and `tsrunc`
 * need no row: see command-lines.test.ts.
 */
export interface Way {
  readonly line: string | RegExp;
  /** The file that runs it, and words of it that do. */
  readonly runBy?: readonly [file: string, words: string];
  readonly notRun?: string;
}

const byHand = ['test/documentation/by-hand.test.ts', 'byHand('] as const;
const install = 'test/packaging/install.test.ts';

export const ways: readonly Way[] = [
  // README.md
  { line: 'make && make install', runBy: [install, "make('install'"] },
  { line: 'make package', runBy: [install, "make('package'"] },
  { line: /^npm install -g \.\/tsrunc-[\d.]+\.tgz$/, runBy: [install, "'npm', npm"] },
  {
    line: /^apt install \.\/tsrunc_[\d.]+_amd64\.deb$/,
    runBy: ['test/packaging/clean-debian.test.ts', 'apt-get install -qq -y busybox-static /packages/tsrunc_'],
  },
  { line: 'docker run --rm --runtime tsrunc busybox echo hello', runBy: client('docker/daemon', 'Docker') },
  {
    line: 'podman --runtime /usr/local/bin/tsrunc run --rm docker.io/library/busybox echo hello',
    runBy: client('podman/container', 'podman'),
  },
  {
    line: 'ctr run --rm --runc-binary /usr/local/bin/tsrunc docker.io/library/busybox:latest one echo hello',
    runBy: client('containerd/task', 'containerd'),
  },
  { line: 'make demo', runBy: ['test/documentation/by-hand.test.ts', 'demo.sh'] },
  { line: 'mkdir -p /tmp/demo/rootfs/bin && cd /tmp/demo', runBy: byHand },
  { line: 'cp "$(command -v busybox)" rootfs/bin/ && ln -s busybox rootfs/bin/sh', runBy: byHand },
  { line: /^tsrunc\(\) \{/, runBy: byHand },
  { line: /^sed -i /, runBy: byHand },
  { line: /^echo 'echo hello/, runBy: byHand },
  {
    line: 'docker run --rm --network none busybox true',
    runBy: ['test/clients/docker/cost.test.ts', 'docker run --rm --network none'],
  },
  { line: /^git clone .*\/runtime-tools/, notRun: 'a download' },
  { line: /^make -C \.\.\/runtime-tools/, notRun: 'builds what was downloaded' },
  // docs
  { line: "docker info --format '{{json .Runtimes}}'", runBy: client('docker/daemon', 'Docker') },
  { line: 'docker build', runBy: ['test/clients/docker/daemon.ts', 'docker build -q'] },
  { line: 'podman pod create --share-parent=false', runBy: ['test/clients/podman/pods.ts', '--share-parent=false'] },
  {
    line: 'podman container checkpoint',
    runBy: ['test/clients/podman/checkpoint.ts', 'podman container checkpoint one'],
  },
  {
    line: 'ctr container checkpoint',
    runBy: ['test/clients/containerd/checkpoint.ts', 'ctr container checkpoint --task'],
  },
  { line: 'docker checkpoint', runBy: ['test/clients/docker/checkpoint.ts', 'docker checkpoint create one'] },
  { line: 'ctr run --cpu-shares 0', runBy: ['test/clients/containerd/client.ts', '--cpu-shares 0'] },
  { line: 'podman run --pids-limit -1', runBy: ['test/clients/podman/run.ts', 'podman run --rm --pids-limit -1'] },
  { line: /^systemctl (status|stop)/, notRun: "another program's, of which the machine may have none" },
  { line: /^journalctl /, notRun: "another program's, of which the machine may have none" },
  // CONTRIBUTING.md
  { line: /npx jest test\//, notRun: 'jest in jest; its paths are looked for' },
];

function client(table: string, section: string): readonly [string, string] {
  return [`test/clients/${table}.ts`, `documentedCommands('${section}')`];
}
