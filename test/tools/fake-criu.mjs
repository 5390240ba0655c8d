/**
 * A criu that saves and restores nothing, but writes down what it is asked, and answers as it is told to. It has a codec
 * of its own for criu's RPC.
 *
 *     node fake-criu.mjs swrk FD
 *
 * FAKE_CRIU_LOG gets a line of JSON for each request and each answer to a notification. FAKE_CRIU_VERSION is its version
 * (4.2). FAKE_CRIU_FAULT is a word: `refuse` (the work fails, as its log says), `die` (without an answer), `hang` (no
 * answer), `featureless`, `silent` (no notification).
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';

const [, , command, descriptor] = process.argv;
const socket = Number(descriptor);
const { FAKE_CRIU_LOG: log, FAKE_CRIU_VERSION: version = '4.2', FAKE_CRIU_FAULT: fault = '' } = process.env;

/** images/rpc.proto: number, name, and of a message its fields. */
const pair = { 1: 'key', 2: 'val' };
const options = {
  ...{ 1: 'images_dir_fd', 2: 'pid', 3: 'leave_running', 4: 'ext_unix_sk', 5: 'tcp_established', 6: 'evasive_devices' },
  ...{ 7: 'shell_job', 8: 'file_locks', 9: 'log_level', 10: 'log_file', 11: ['ps', { 1: 'address', 2: 'port' }] },
  ...{ 12: 'notify_scripts', 13: 'root', 14: 'parent_img', 15: 'track_mem', 16: 'auto_dedup', 17: 'work_dir_fd' },
  ...{ 18: 'link_remap', 23: ['ext_mnt*', pair], 24: 'manage_cgroups', 25: ['cg_root*', { 1: 'ctrl', 2: 'path' }] },
  ...{ 26: 'rst_sibling', 27: ['inherit_fd*', { 1: 'key', 2: 'fd' }], 34: 'manage_cgroups_mode', 37: 'external*' },
  ...{ 38: 'empty_ns', 39: ['join_ns*', { 1: 'ns', 2: 'ns_file' }], 44: 'freeze_cgroup', 46: 'tcp_skip_in_flight' },
  ...{
    48: 'lazy_pages',
    49: 'status_fd',
    50: 'orphan_pts_master',
    51: 'config_file',
    52: 'tcp_close',
    53: 'lsm_profile',
  },
  ...{ 63: 'lsm_mount_context', 64: 'network_lock' },
};
const request = {
  ...{ 1: 'type', 2: ['opts', options], 3: 'notify_success', 4: 'keep_open' },
  5: ['features', { 1: 'mem_track', 2: 'lazy_pages' }],
};
const types = { 1: 'DUMP', 2: 'RESTORE', 4: 'PRE_DUMP', 6: 'NOTIFY', 9: 'FEATURE_CHECK', 10: 'VERSION' };

function decode(bytes, fields) {
  const message = {};
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = fields[tag >> 3] ?? `field ${tag >> 3}`;
    const [name, inner] = Array.isArray(field) ? field : [field];
    let value;
    if ((tag & 7) === 0) value = varint();
    else {
      const length = varint();
      const content = bytes.subarray(at, at + length);
      at += length;
      value = inner ? decode(content, inner) : content.toString();
    }
    const key = name.replace('*', '');
    message[key] = name.endsWith('*') ? [...(message[key] ?? []), value] : value;
  }
  return message;
}

const number = (key, value) => Buffer.from([key << 3, ...varintOf(value)]);
const bytes = (key, content) => Buffer.concat([Buffer.from([(key << 3) | 2, ...varintOf(content.length)]), content]);
function varintOf(value) {
  const out = [];
  let rest = value;
  for (; rest > 0x7f; rest >>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest];
}

function receive() {
  const room = Buffer.alloc(1 << 16);
  const length = fs.readSync(socket, room);
  if (length === 0) process.exit(0);
  const message = decode(room.subarray(0, length), request);
  const { type, opts = {} } = message;
  const place = (fd) => (fd === undefined ? undefined : placeOf(fd, type));
  fs.appendFileSync(
    log,
    `${JSON.stringify({
      ...message,
      type: types[type] ?? type,
      images: place(opts.images_dir_fd),
      work: place(opts.work_dir_fd),
      inherited: opts.inherit_fd?.map(({ fd }) => fs.readlinkSync(`/proc/self/fd/${fd}`)),
      cgroup: fs.readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1],
      mounted: type === 2 ? fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${opts.root} `) : undefined,
    })}\n`,
  );
  return message;
}

/** A descriptor of the client's is ours to look at through the process that made the socket: a runtime, or us. */
function placeOf(fd, type) {
  for (const pid of ['self', process.ppid]) {
    try {
      const path = fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (fs.statSync(path).isDirectory()) return path;
    } catch {
      // not there
    }
  }
  throw new Error(`type ${type}: no directory ${fd}`);
}

const answer = (type, success, ...more) =>
  fs.writeSync(socket, Buffer.concat([number(1, type), number(2, success ? 1 : 0), ...more]));

/** Says how far it is, and demands to be told to go on. */
function notify(script, pid) {
  const notice = Buffer.concat([bytes(1, Buffer.from(script)), ...(pid ? [number(2, pid)] : [])]);
  answer(6, true, bytes(5, notice));
  return receive().notify_success === 1;
}

function work({ type, opts }) {
  if (fault === 'die') process.exit(3);
  if (fault === 'hang') return setInterval(() => {}, 1000);
  const where = placeOf(opts.work_dir_fd ?? opts.images_dir_fd, type);
  if (fault === 'refuse') {
    const lines = ['(00.000001) Debug', '(00.000002) Error (criu/a.c:1): a: the first', '(00.000003) Warn  (x)'];
    for (const word of ['second', 'third', 'fourth']) lines.push(`(00.1) Error (criu/b.c:22): b: the ${word}`);
    fs.writeFileSync(`${where}/${opts.log_file}`, `${lines.join('\n')}\n`);
    return answer(type, false, number(7, 17));
  }
  fs.writeFileSync(`${where}/${opts.log_file}`, 'all is well\n');
  if (type === 2) return restore(type);
  const scripts =
    type === 1 ? ['pre-dump', 'network-lock', ...(opts.lazy_pages ? ['status-ready'] : []), 'post-dump'] : [];
  if (!scripts.every((script) => notify(script))) return answer(type, false);
  if (type === 1 && !opts.leave_running) process.kill(opts.pid, 'SIGKILL');
  answer(type, true, bytes(3, Buffer.alloc(0)));
  // As criu, which waits for more after a pre-dump.
  if (type === 4) receive();
}

/** What it restores sleeps, and ends with 7 when it is told to. */
function restore(type) {
  const child = spawn('/bin/sh', ['-c', 'trap "exit 7" TERM; while :; do sleep 0.05; done'], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  if (fault !== 'silent') {
    const told = ['pre-restore', 'setup-namespaces', 'post-restore', 'network-unlock', 'post-resume'];
    if (!told.every((script) => notify(script, /setup|post-restore/.test(script) ? child.pid : 0))) {
      process.kill(child.pid, 'SIGKILL');
      // As criu, which lets go of the network, and waits to hear that it was seen.
      notify('network-unlock');
      return answer(type, false);
    }
  }
  answer(type, true, bytes(4, number(1, child.pid)));
}

if (command !== 'swrk') throw new Error(`criu ${command}`);
for (;;) {
  const message = receive();
  const { type, keep_open: more } = message;
  const [major, minor] = version.split('.').map(Number);
  if (type === 10) answer(type, true, bytes(10, Buffer.concat([number(1, major), number(2, minor)])));
  else if (type === 9) {
    const able = fault === 'featureless' ? 0 : 1;
    answer(type, true, bytes(8, Buffer.concat([number(1, able), number(2, able)])));
  } else work(message);
  if (!more) break;
}
