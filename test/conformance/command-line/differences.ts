/**
 * What a command or an option of runc's does otherwise here, and why. `init` is runc's own second half, which nobody
 * types. Everything that is not listed does what runc's does.
 */
export interface Difference {
  readonly command: string;
  /** Without it the command as a whole is meant. */
  readonly option?: string;
  readonly what: string;
}

export const differences: readonly Difference[] = [
  {
    command: '',
    option: 'debug',
    what: 'the log has steps and their places in config.json instead of functions and files of the source',
  },
  { command: '', option: 'root', what: 'the default is `/run/tsrunc`; its containers are not runc’s' },
  {
    command: 'checkpoint',
    what: 'criu 3.16 or later is demanded, where runc asks for 3.0 and more for single options. `--help` fails where there is none. A failure names the last errors of criu’s log in its one line; runc prints parts of the log as warnings. Standard streams that are files of the host are left out of the images, and are those of the caller of `restore` afterwards; runc does so with pipes only',
  },
  { command: 'checkpoint', option: 'page-server', what: 'a port is 1 to 65535' },
  { command: 'checkpoint', option: 'image-path', what: 'directories that are made have the mode 0700' },
  {
    command: 'restore',
    what: 'a relative `--image-path` or `--work-path` counts from the directory of the caller; with runc, from the bundle. criu works in a mount namespace of its own, so that nothing of it is ever mounted on the host. The loopback interface of a new network namespace is up, as after `create`. `/etc/criu/tsrunc.conf` comes before `/etc/criu/runc.conf`, if it is there',
  },
  {
    command: 'restore',
    option: 'manage-cgroups-mode',
    what: 'with `ignore`, a container that had a cgroup namespace has one again; with runc it sees the cgroups of the host',
  },
  { command: 'restore', option: 'image-path', what: 'must be there; runc makes an empty one and fails later' },
  {
    command: 'events',
    what: 'the four sums of memory are always there, also when zero; an out-of-memory kill is told once',
  },
  { command: 'events', option: 'stats', what: '`network_interfaces` is `null`: the runtime makes no interfaces' },
  {
    command: 'exec',
    option: 'cgroup',
    what: 'one path: cgroup v2 has one hierarchy, so a controller before the path is an error',
  },
  { command: 'exec', option: 'cwd', what: 'is looked up before the process has a PID in the container' },
  { command: 'features', what: 'lists more: `tsrunc features` is what this build can do, and has no cgroup v1' },
  { command: 'kill', option: 'all', what: 'works: every process gets the signal, as in runc before 1.2' },
  {
    command: 'update',
    what: 'only what is given is written, and a failure leaves everything as it was; runc writes all that is saved again',
  },
];

/** What runc has not got, and who asks for it. Options that are listed under `crun` are crun's, too. */
export const additions: readonly { readonly name: string; readonly crun?: true; readonly why: string }[] = [
  { name: 'validate', why: 'all that is wrong with a bundle, without making a container' },
  { name: 'plan', why: 'what create and start would do, call by call' },
  { name: 'check', why: 'what this host can do, and what it lacks' },
  { name: 'run --hold', why: 'hidden, for the library: another command starts the container' },
  { name: 'gc', why: 'what killed runs have left' },
  { name: 'explain', why: 'the codes of errors' },
  { name: 'completion', why: 'bash, zsh and fish' },
  { name: '--trace', why: 'steps and system calls with their times' },
  { name: '--error-format', why: 'a failure as JSON on standard error' },
  {
    name: 'checkpoint --network-lock',
    crun: true,
    why: 'how criu stops the network meanwhile: `iptables`, `nftables` where there is no iptables, or `skip`',
  },
  { name: 'restore --network-lock', crun: true, why: 'the same' },
  { name: 'restore --tcp-close', crun: true, why: 'podman passes it: TCP connections come back closed' },
  {
    name: '--log-level',
    crun: true,
    why: 'conmon-rs passes it to a runtime that it takes for crun; podman passes it on from `--runtime-flag`',
  },
  {
    name: '--cgroup-manager',
    crun: true,
    why: 'podman passes `--cgroup-manager disabled` for `--cgroups=disabled`, to runtimes that `runtime_supports_nocgroup` of containers.conf lists',
  },
];

/** Options of crun that are not here, and what is instead. */
export const notHere: readonly { readonly name: string; readonly why: string }[] = [
  { name: 'create --config, run --config', why: 'no engine passes it; a bundle is a directory with its config.json' },
  { name: 'create --no-subreaper', why: 'crun ignores it itself' },
  { name: 'kill --regex, delete --regex', why: 'no engine passes it; `list -q` and a loop of the shell do the same' },
  { name: 'spec --file', why: '`spec` writes into the bundle, as runc’s does' },
];
