/**
 * Puts device programs into force by bpf(2). What an implementation does, for Linux 5.14 and newer:
 *
 * 1. `BPF_PROG_LOAD` { prog_type: BPF_PROG_TYPE_CGROUP_DEVICE, insn_cnt: bytes / 8, insns, license: any string
 *    (no helper is called), log_level: 0 }. EAGAIN means that a signal interrupted the verifier: again. After
 *    another failure once more with { log_level: 1, log_buf, log_size } for the verifier's reason (ENOSPC: the
 *    log did not fit; E2BIG: the program branches more than the verifier follows). Linux before 5.11 charges
 *    RLIMIT_MEMLOCK; no concern here.
 * 2. `BPF_PROG_QUERY` { target_fd: the directory, attach_type: BPF_CGROUP_DEVICE, query_flags: 0, prog_ids,
 *    prog_cnt: 64 (the kernel's limit for a cgroup) } tells what is attached to this very cgroup. A directory
 *    that was just made has none: skip. Linux 6.17 to 7.1 write the `revision` field (offset 56, u64) whatever
 *    size they are told, so the attr must have room for 64 bytes.
 * 3. `BPF_PROG_ATTACH` { target_fd, attach_bpf_fd, attach_type, attach_flags: BPF_F_ALLOW_MULTI }. ALLOW_MULTI
 *    because systemd may put its own program here, and every program must say yes. If the query found exactly
 *    one: its id through `BPF_PROG_GET_FD_BY_ID`, and attach_flags also BPF_F_REPLACE (5.6) with
 *    replace_bpf_fd: an atomic exchange. Several: attach, then `BPF_PROG_DETACH` { target_fd, attach_bpf_fd: the
 *    old one, attach_type } for each. An old program that may not be opened (EACCES, EPERM: an LSM) stays.
 * 4. Close the descriptors: the cgroup keeps its program.
 *
 * Needs CAP_BPF or CAP_SYS_ADMIN, and CAP_NET_ADMIN, in the initial user namespace, and a kernel with
 * CONFIG_CGROUP_BPF.
 */
export interface DevicePrograms {
  /** Makes `program` the one program of ours on the cgroup at `directory`. */
  replace(directory: string, program: Uint8Array): void;
}
