import { flag, type MessageOf, message, number, text } from './wire.ts';

/** criu's RPC (criu's images/rpc.proto): its names, and of its fields those that we say or want to hear. */

const pageServer = message({ address: [1, text], port: [2, number] });
/** A mount point and its name, at a dump; a name and its source, at a restore. */
const externalMount = message({ key: [1, text], val: [2, text] });
const joinNamespace = message({ ns: [1, text], ns_file: [2, text] });
const inheritFd = message({ key: [1, text], fd: [2, number] });
const cgroupRoot = message({ ctrl: [1, text], path: [2, text] });

const options = message({
  images_dir_fd: [1, number],
  pid: [2, number],
  leave_running: [3, flag],
  ext_unix_sk: [4, flag],
  tcp_established: [5, flag],
  evasive_devices: [6, flag],
  shell_job: [7, flag],
  file_locks: [8, flag],
  log_level: [9, number],
  log_file: [10, text],
  ps: [11, pageServer],
  notify_scripts: [12, flag],
  root: [13, text],
  parent_img: [14, text],
  track_mem: [15, flag],
  auto_dedup: [16, flag],
  work_dir_fd: [17, number],
  link_remap: [18, flag],
  ext_mnt: [23, externalMount, 'repeated'],
  cg_root: [25, cgroupRoot, 'repeated'],
  rst_sibling: [26, flag],
  inherit_fd: [27, inheritFd, 'repeated'],
  manage_cgroups_mode: [34, number],
  external: [37, text, 'repeated'],
  empty_ns: [38, number],
  join_ns: [39, joinNamespace, 'repeated'],
  freeze_cgroup: [44, text],
  tcp_skip_in_flight: [46, flag],
  lazy_pages: [48, flag],
  orphan_pts_master: [50, flag],
  config_file: [51, text],
  tcp_close: [52, flag],
  lsm_profile: [53, text],
  lsm_mount_context: [63, text],
  network_lock: [64, number],
});

const features = message({ mem_track: [1, flag], lazy_pages: [2, flag] });
const version = message({ major_number: [1, number], minor_number: [2, number], sublevel: [4, number] });
const notify = message({ script: [1, text], pid: [2, number] });

export const request = message({
  type: [1, number],
  opts: [2, options],
  notify_success: [3, flag],
  keep_open: [4, flag],
  features: [5, features],
});

export const response = message({
  type: [1, number],
  success: [2, flag],
  notify: [5, notify],
  cr_errno: [7, number],
  features: [8, features],
  cr_errmsg: [9, text],
  version: [10, version],
});

export type CriuOptions = MessageOf<typeof options>;
export type CriuFeatures = MessageOf<typeof features>;
export type CriuVersion = MessageOf<typeof version>;
export type Request = MessageOf<typeof request>;
export type Response = MessageOf<typeof response>;

export const requestTypes = {
  DUMP: 1,
  RESTORE: 2,
  PRE_DUMP: 4,
  NOTIFY: 6,
  FEATURE_CHECK: 9,
  VERSION: 10,
} as const;

/** `--manage-cgroups-mode` → criu's number for it. */
export const cgroupModes = { ignore: 0, soft: 3, full: 4, strict: 5 } as const;

/** `--network-lock` → criu's number for it. */
export const networkLocks = { iptables: 1, nftables: 2, skip: 3 } as const;

export type NetworkLock = keyof typeof networkLocks;
export type CgroupMode = keyof typeof cgroupModes;
