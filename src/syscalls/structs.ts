import * as k from './constants.ts';
import { bytesField, flagsField, i32, i64, pointer, struct, u8, u16, u32, u64 } from './struct.ts';

/** The kernel's structs that we pass, from the uapi headers. test/unit/syscalls/structs.test.ts compares them with C. */

/** linux/openat2.h, Linux 5.6. */
export const openHow = struct('open_how', {
  flags: flagsField(u64, k.openFlags, k.openFlagsAarch64),
  mode: u64,
  resolve: flagsField(u64, k.resolveFlags),
});

/** linux/sched.h, CLONE_ARGS_SIZE_VER2, Linux 5.7. */
export const cloneArgs = struct('clone_args', {
  flags: flagsField(u64, k.cloneFlags),
  pidfd: pointer,
  child_tid: pointer,
  parent_tid: pointer,
  exit_signal: u64,
  stack: pointer,
  stack_size: u64,
  tls: u64,
  set_tid: pointer,
  set_tid_size: u64,
  cgroup: u64,
});

/** linux/mount.h, Linux 5.12. */
export const mountAttr = struct('mount_attr', {
  attr_set: flagsField(u64, k.mountAttributes),
  attr_clr: flagsField(u64, k.mountAttributes),
  propagation: flagsField(u64, k.propagations),
  userns_fd: u64,
});

/** linux/sched/types.h, SCHED_ATTR_SIZE_VER1, Linux 5.3. */
export const schedAttr = struct('sched_attr', {
  size: u32,
  sched_policy: flagsField(u32, k.schedulerPolicies),
  sched_flags: flagsField(u64, k.schedulerFlags),
  sched_nice: i32,
  sched_priority: u32,
  sched_runtime: u64,
  sched_deadline: u64,
  sched_period: u64,
  sched_util_min: u32,
  sched_util_max: u32,
});

/** bits/types/struct_rlimit.h for prlimit64. */
export const rlimit64 = struct('rlimit64', { rlim_cur: u64, rlim_max: u64 });

export const capHeader = struct('__user_cap_header_struct', { version: u32, pid: i32 });

/** Two of struct __user_cap_data_struct, as version 3 wants them. */
export const capData = struct('__user_cap_data_struct[2]', {
  effective_low: u32,
  permitted_low: u32,
  inheritable_low: u32,
  effective_high: u32,
  permitted_high: u32,
  inheritable_high: u32,
});

export const iovec = struct('iovec', { iov_base: pointer, iov_len: u64 });

export const msghdr = struct('msghdr', {
  msg_name: pointer,
  msg_namelen: u32,
  msg_iov: pointer,
  msg_iovlen: u64,
  msg_control: pointer,
  msg_controllen: u64,
  msg_flags: i32,
});

/** Header of a control message; SCM_RIGHTS data are 32-bit descriptors right behind it. */
export const cmsghdr = struct('cmsghdr', { cmsg_len: u64, cmsg_level: i32, cmsg_type: i32 });

export const sockaddrUn = struct('sockaddr_un', { sun_family: u16, sun_path: bytesField(108) });

export const ucred = struct('ucred', { pid: i32, uid: u32, gid: u32 });

export const pollfd = struct('pollfd', {
  fd: i32,
  events: flagsField(u16, k.pollEvents),
  revents: flagsField(u16, k.pollEvents),
});

export const timespec = struct('timespec', { tv_sec: i64, tv_nsec: i64 });

export const timeval = struct('timeval', { tv_sec: i64, tv_usec: i64 });

/** asm/signal.h, as rt_sigaction(2) takes it on both architectures. */
export const kernelSigaction = struct('kernel_sigaction', {
  handler: pointer,
  flags: flagsField(u64, k.sigactionFlags),
  restorer: pointer,
  mask: u64,
});

/** asm-generic/termios.h. */
export const winsize = struct('winsize', { ws_row: u16, ws_col: u16, ws_xpixel: u16, ws_ypixel: u16 });

/** asm-generic/termbits.h: the kernel's, of which the C library makes one of its own. */
export const termios = struct('termios', {
  c_iflag: flagsField(u32, k.inputModes),
  c_oflag: flagsField(u32, k.outputModes),
  c_cflag: flagsField(u32, k.controlModes),
  c_lflag: flagsField(u32, k.localModes),
  c_line: u8,
  c_cc: bytesField(19),
});

/** bits/statfs.h on 64-bit machines. */
export const statfs = struct('statfs', {
  f_type: i64,
  f_bsize: i64,
  f_blocks: u64,
  f_bfree: u64,
  f_bavail: u64,
  f_files: u64,
  f_ffree: u64,
  f_fsid: u64,
  f_namelen: i64,
  f_frsize: i64,
  f_flags: i64,
  f_spare: bytesField(32),
});

/** linux/stat.h, 256 bytes; the times between stx_attributes_mask and stx_rdev_major are not read. */
export const statx = struct('statx', {
  stx_mask: u32,
  stx_blksize: u32,
  stx_attributes: u64,
  stx_nlink: u32,
  stx_uid: u32,
  stx_gid: u32,
  stx_mode: u16,
  __spare0: u16,
  stx_ino: u64,
  stx_size: u64,
  stx_blocks: u64,
  stx_attributes_mask: u64,
  times: bytesField(64),
  stx_rdev_major: u32,
  stx_rdev_minor: u32,
  stx_dev_major: u32,
  stx_dev_minor: u32,
  stx_mnt_id: u64,
  __spare: bytesField(104),
});

/** union bpf_attr for BPF_PROG_LOAD, up to expected_attach_type. */
export const bpfProgLoad = struct('bpf_attr(BPF_PROG_LOAD)', {
  prog_type: u32,
  insn_cnt: u32,
  insns: pointer,
  license: pointer,
  log_level: u32,
  log_size: u32,
  log_buf: pointer,
  kern_version: u32,
  prog_flags: u32,
  prog_name: bytesField(16),
  prog_ifindex: u32,
  expected_attach_type: u32,
});

/** union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH. */
export const bpfProgAttach = struct('bpf_attr(BPF_PROG_ATTACH)', {
  target_fd: u32,
  attach_bpf_fd: u32,
  attach_type: u32,
  attach_flags: flagsField(u32, k.bpfAttachFlags),
  replace_bpf_fd: u32,
});

/** union bpf_attr for BPF_PROG_QUERY. */
export const bpfProgQuery = struct('bpf_attr(BPF_PROG_QUERY)', {
  target_fd: u32,
  attach_type: u32,
  query_flags: u32,
  attach_flags: u32,
  prog_ids: pointer,
  prog_cnt: u32,
});

/** linux/filter.h. */
export const sockFprog = struct('sock_fprog', { len: u16, filter: pointer });

/** linux/netlink.h. */
export const nlmsghdr = struct('nlmsghdr', {
  nlmsg_len: u32,
  nlmsg_type: u16,
  nlmsg_flags: flagsField(u16, k.netlinkFlags),
  nlmsg_seq: u32,
  nlmsg_pid: u32,
});

/** linux/rtnetlink.h. */
export const rtattr = struct('rtattr', { rta_len: u16, rta_type: u16 });
export const ifinfomsg = struct('ifinfomsg', {
  ifi_family: u8,
  __ifi_pad: u8,
  ifi_type: u16,
  ifi_index: i32,
  ifi_flags: flagsField(u32, k.interfaceFlags),
  ifi_change: flagsField(u32, k.interfaceFlags),
});

/** linux/if_addr.h. */
export const ifaddrmsg = struct('ifaddrmsg', {
  ifa_family: u8,
  ifa_prefixlen: u8,
  ifa_flags: flagsField(u8, k.addressFlags),
  ifa_scope: u8,
  ifa_index: u32,
});

/** net/if.h: struct ifreq for SIOCSIFFLAGS. */
export const ifreqFlags = struct('ifreq', {
  ifr_name: bytesField(16),
  ifr_flags: flagsField(u16, k.interfaceFlags),
  rest: bytesField(22),
});
