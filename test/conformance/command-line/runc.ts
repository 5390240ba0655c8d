/**
 * The command line of runc 1.5 as its help and manual pages list it: each option with its short form, if it has one, and
 * a dot before it if the help leaves it out. Kept as text so that it can be held against the help of a newer one.
 */
export interface RuncCommand {
  readonly name: string;
  readonly options: readonly RuncOption[];
}

export interface RuncOption {
  readonly name: string;
  readonly alias?: string;
  readonly hidden: boolean;
}

const written: Readonly<Record<string, string>> = {
  checkpoint:
    'image-path work-path parent-path leave-running tcp-established tcp-skip-in-flight link-remap ext-unix-sk shell-job ' +
    'lazy-pages status-fd page-server file-locks pre-dump manage-cgroups-mode empty-ns auto-dedup',
  create: 'bundle,b console-socket pidfd-socket pid-file no-pivot no-new-keyring preserve-fds',
  delete: 'force,f',
  events: 'interval stats',
  exec:
    'console-socket pidfd-socket cwd env,e tty,t user,u additional-gids,g process,p detach,d pid-file process-label ' +
    'apparmor no-new-privs cap,c preserve-fds cgroup ignore-paused',
  features: '',
  help: '',
  kill: '.all,a',
  list: 'format,f quiet,q',
  pause: '',
  ps: 'format,f',
  restore:
    'console-socket image-path work-path tcp-established ext-unix-sk shell-job file-locks manage-cgroups-mode bundle,b ' +
    'detach,d pid-file no-subreaper no-pivot empty-ns auto-dedup lazy-pages lsm-profile lsm-mount-context',
  resume: '',
  run: 'bundle,b console-socket pidfd-socket detach,d keep pid-file no-subreaper no-pivot no-new-keyring preserve-fds',
  spec: 'bundle,b rootless',
  start: '',
  state: '',
  update:
    'resources,r blkio-weight cpu-period cpu-quota cpu-burst cpu-share cpu-rt-period cpu-rt-runtime cpuset-cpus ' +
    'cpuset-mems .kernel-memory .kernel-memory-tcp memory cpu-idle memory-reservation memory-swap pids-limit ' +
    'l3-cache-schema mem-bw-schema',
};

export const runcCommands: readonly RuncCommand[] = Object.entries(written).map(([name, options]) => ({
  name,
  options: optionsOf(options),
}));

/** Before the command. */
export const runcGlobals = optionsOf('debug log log-format root systemd-cgroup rootless help,h version,v');

function optionsOf(text: string): RuncOption[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [name = '', alias] = word.replace(/^\./, '').split(',');
      return { name, hidden: word.startsWith('.'), ...(alias !== undefined && { alias }) };
    });
}
