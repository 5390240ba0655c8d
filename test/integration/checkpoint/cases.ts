/** A flag, and what criu is asked because of it beside what it is always asked. */
export interface Case {
  readonly flags: readonly string[];
  readonly opts: Readonly<Record<string, unknown>>;
  /** runc 1.1 has not got it. */
  readonly newer?: true;
}

const NEWNET = 0x40000000;

/** What both say without any flag; directories, PIDs and mounts apart. */
const both = {
  log_level: 4,
  notify_scripts: 1,
  shell_job: 0,
  tcp_established: 0,
  ext_unix_sk: 0,
  file_locks: 0,
  auto_dedup: 0,
  lazy_pages: 0,
  empty_ns: NEWNET,
  orphan_pts_master: 1,
  config_file: '/etc/criu/runc.conf',
  manage_cgroups_mode: 3,
};

const shared: readonly Case[] = [
  { flags: [], opts: {} },
  { flags: ['--tcp-established'], opts: { tcp_established: 1 } },
  { flags: ['--ext-unix-sk'], opts: { ext_unix_sk: 1 } },
  { flags: ['--shell-job'], opts: { shell_job: 1 } },
  { flags: ['--file-locks'], opts: { file_locks: 1 } },
  { flags: ['--auto-dedup'], opts: { auto_dedup: 1 } },
  { flags: ['--lazy-pages'], opts: { lazy_pages: 1 } },
  { flags: ['--empty-ns', 'network'], opts: {} },
  { flags: ['--manage-cgroups-mode', 'soft'], opts: { manage_cgroups_mode: 3 } },
  { flags: ['--manage-cgroups-mode=full'], opts: { manage_cgroups_mode: 4 } },
  { flags: ['--manage-cgroups-mode=strict'], opts: { manage_cgroups_mode: 5 } },
  { flags: ['--manage-cgroups-mode', 'ignore'], opts: { manage_cgroups_mode: 0 }, newer: true },
  { flags: ['--network-lock', 'nftables'], opts: { network_lock: 2 }, newer: true },
  { flags: ['--network-lock=skip'], opts: { network_lock: 3 }, newer: true },
];

export const dumps = {
  always: { ...both, log_file: 'dump.log', leave_running: 0 },
  cases: [
    ...shared,
    { flags: ['--leave-running'], opts: { leave_running: 1 } },
    { flags: ['--tcp-skip-in-flight'], opts: { tcp_skip_in_flight: 1 }, newer: true },
    { flags: ['--link-remap'], opts: { link_remap: 1 }, newer: true },
    { flags: ['--parent-path', '..'], opts: { parent_img: '..', track_mem: 1 } },
    { flags: ['--page-server', '192.0.2.1:27'], opts: { ps: { address: '192.0.2.1', port: 27 } } },
    { flags: ['--page-server', '[2001:db8::1]:65535'], opts: { ps: { address: '2001:db8::1', port: 65535 } } },
    { flags: ['--pre-dump'], opts: {} },
    {
      flags: ['--pre-dump', '--parent-path', '.', '--auto-dedup'],
      opts: { parent_img: '.', track_mem: 1, auto_dedup: 1 },
    },
  ] satisfies readonly Case[] as readonly Case[],
};

export const restores = {
  always: { ...both, log_file: 'restore.log', rst_sibling: 1, evasive_devices: 1 },
  cases: [
    ...shared,
    { flags: ['--lsm-profile', 'selinux:a:b:c:s0'], opts: { lsm_profile: 'selinux:a:b:c:s0' } },
    { flags: ['--lsm-mount-context', 'a:b:c:s0'], opts: { lsm_mount_context: 'a:b:c:s0' } },
    { flags: ['--tcp-close'], opts: { tcp_close: 1 }, newer: true },
    { flags: ['--no-pivot'], opts: {} },
    { flags: ['--no-subreaper'], opts: {} },
  ] satisfies readonly Case[] as readonly Case[],
};
