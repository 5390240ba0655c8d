/** A program of the suite that cannot pass. */
export interface ExpectedFailure {
  /** Its directory below `validation`. */
  readonly program: string;
  /**
   * `suite`: it asks for what version 1.3.0 of the specification does not say, or contradicts it.
   * `machine`: it fails where the machine lacks something, and may pass elsewhere.
   * `choice`: the specification demands it, and we do what every client expects instead.
   */
  readonly fault: 'suite' | 'machine' | 'choice';
  /** Where in the suite, below its root. */
  readonly place: string;
  readonly why: string;
}

export const EXPECTED_FAILURES: readonly ExpectedFailure[] = [
  {
    program: 'delete',
    fault: 'choice',
    place: 'validation/delete/delete.go:52',
    why: 'deletes a created container and wants an error: runc, crun and the containerd shim agree that it is deleted',
  },
  {
    program: 'delete_only_create_resources',
    fault: 'suite',
    place: 'validation/delete_only_create_resources/delete_only_create_resources.go:23',
    why: 'writes to a file `tasks`, which cgroup v1 has and v2 has not',
  },
  {
    program: 'hooks',
    fault: 'suite',
    place: 'validation/hooks/hooks.go',
    why: 'has its hooks write "post-start1 called" and expects to read "post-start1"',
  },
  {
    program: 'hooks_stdin',
    fault: 'suite',
    place: 'validation/hooks_stdin/hooks_stdin.go:55',
    why: 'wants prestart hooks to be told "created", which a container is not before the end of create',
  },
  {
    program: 'linux_process_apparmor_profile',
    fault: 'machine',
    place: 'validation/linux_process_apparmor_profile/linux_process_apparmor_profile.go',
    why: 'needs AppArmor',
  },
  {
    program: 'misc_props',
    fault: 'suite',
    place: 'validation/misc_props/misc_props.go:47',
    why: 'runs /runtimetest, which it has not copied into the bundle',
  },
  {
    program: 'mounts',
    fault: 'suite',
    place: 'validation/mounts/mounts.go:12',
    why: 'gives a bind mount the options of a tmpfs (mode=755, size=1k), refused by runc too since 1.2',
  },
  {
    program: 'pidfile',
    fault: 'suite',
    place: 'validation/pidfile/pidfile.go:58',
    why: 'runs `true` and sends a signal to it seconds later: to a stopped container, which has to be an error',
  },
  {
    program: 'poststart_fail',
    fault: 'suite',
    place: 'validation/poststart_fail/poststart_fail.go:63',
    why: 'wants a warning where a poststart hook fails: since version 1.2 it is an error, and stops the container',
  },
  {
    program: 'prestart',
    fault: 'suite',
    place: 'validation/prestart/prestart.go:46',
    why: 'wants prestart hooks to run at start: since version 1.0.2 they are part of create',
  },
  {
    program: 'process_capabilities',
    fault: 'machine',
    place: 'validation/process_capabilities/process_capabilities.go',
    why: 'asks for all capabilities, and not every root has them',
  },
  {
    program: 'process_capabilities_fail',
    fault: 'suite',
    place: 'validation/process_capabilities_fail/process_capabilities_fail.go:23',
    why: 'wants an error for an unknown capability, which is to be a warning',
  },
  {
    program: 'process_rlimits',
    fault: 'suite',
    place: 'cmd/runtimetest/main.go:357',
    why: 'reads RLIMIT_NOFILE after the library of Go has raised it to the hard limit',
  },
  {
    program: 'start',
    fault: 'suite',
    place: 'validation/start/start.go:112',
    why: 'wants start without a process to fail, and counts its failure as one: the test is upside down',
  },
  ...cgroupPrograms(),
];

/** All of them read the limits from the files of cgroup v1. */
function cgroupPrograms(): ExpectedFailure[] {
  const absolute = ['blkio', 'cpus', 'devices', 'hugetlb', 'memory', 'network', 'pids'];
  const names = absolute.flatMap((name) => [`linux_cgroups_${name}`, `linux_cgroups_relative_${name}`]);
  return [...names, 'delete_resources'].map((program) => ({
    program,
    fault: 'suite',
    place: 'cgroups/cgroups.go:65',
    why: 'does not know cgroup v2',
  }));
}
