/**
 * A systemd of a few units behind a bus socket, with a D-Bus codec of its own: it makes cgroups for scopes and takes
 * them away, and misbehaves as it is told to.
 *
 *     node fake-systemd.mjs SOCKET CGROUP_MOUNT OWN_CGROUP LOG FAULT
 *
 * FAULT is `none`, `hang MEMBER` (no answer to it), `error MEMBER NAME`, `job MEMBER RESULT` (its job ends so),
 * `linger` (a failed unit of each name is left from before) or `garbage` (what it says is not D-Bus). One line of JSON
 * for each call goes to LOG.
 */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';

const [, , socketPath, mount, own, log, fault] = process.argv;
const [faultKind, faultMember, faultWord] = fault.split(' ');
const SYSTEMD = 'org.freedesktop.systemd1';
const failed = new Set();
const units = new Map();
let jobs = 0;
let serials = 0;

const server = net.createServer((socket) => {
  let pending = Buffer.alloc(0);
  let authenticated = false;
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    if (!authenticated) {
      const end = pending.indexOf('BEGIN\r\n');
      if (end < 0) return;
      const words = pending.subarray(0, end).toString('latin1');
      pending = pending.subarray(end + 7);
      authenticated = true;
      if (faultKind === 'hang' && faultMember === 'authentication') return;
      if (words !== '\0AUTH EXTERNAL\r\nDATA\r\n') return void socket.end('REJECTED EXTERNAL\r\n');
      socket.write('DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n');
      if (faultKind === 'garbage') return void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    }
    for (let message = shift(); message; message = shift()) answer(socket, message);
  });

  function shift() {
    if (pending.length < 16) return undefined;
    const length = 16 + padded(pending.readUInt32LE(12), 8) + pending.readUInt32LE(4);
    if (pending.length < length) return undefined;
    const message = decode(pending.subarray(0, length));
    pending = pending.subarray(length);
    return message;
  }
});
server.listen(socketPath, () => process.stdout.write('ready\n'));

function answer(socket, { serial, member, body }) {
  fs.appendFileSync(log, `${JSON.stringify({ member, body }, (_, v) => (typeof v === 'bigint' ? String(v) : v))}\n`);
  const send = (type, fields, signature, values) => socket.write(encode(type, fields, signature, values));
  const reply = (signature = '', values = []) => send(2, [[5, 'u', serial]], signature, values);
  const refuse = (name) =>
    send(
      3,
      [
        [4, 's', name],
        [5, 'u', serial],
      ],
      's',
      [`${member} is refused`],
    );
  const job = (unit) => {
    const object = `/org/freedesktop/systemd1/job/${++jobs}`;
    const result = faultKind === 'job' && faultMember === member ? faultWord : 'done';
    const removed = (sender, end) =>
      send(
        4,
        [
          [1, 'o', '/org/freedesktop/systemd1'],
          [2, 's', `${SYSTEMD}.Manager`],
          [3, 's', 'JobRemoved'],
          [7, 's', sender],
        ],
        'uoss',
        [jobs, object, unit, end],
      );
    // One that anybody on the bus could have sent, and one of another job.
    removed(':1.99', 'failed');
    reply('o', [object]);
    send(
      4,
      [
        [1, 'o', '/org/freedesktop/systemd1'],
        [2, 's', `${SYSTEMD}.Manager`],
        [3, 's', 'JobRemoved'],
        [7, 's', ':1.1'],
      ],
      'uoss',
      [0, '/org/freedesktop/systemd1/job/0', 'other.scope', 'failed'],
    );
    removed(':1.1', result);
  };
  if (faultMember === member && faultKind === 'hang') return;
  if (faultMember === member && faultKind === 'error') return refuse(faultWord);
  const methods = {
    Hello: () => reply('s', [':1.7']),
    AddMatch: () => reply(),
    Ping: () => reply(),
    SetUnitProperties: () => reply(),
    Get: () => reply('v', [['s', body[1] === 'Version' ? '252.1' : own]]),
    ResetFailedUnit: () => (failed.delete(body[0]) ? reply() : refuse(`${SYSTEMD}.NoSuchUnit`)),
    StartTransientUnit: () => {
      const [unit, , properties] = body;
      if (faultKind === 'linger' && !units.has(unit)) {
        failed.add(unit);
        units.set(unit, undefined);
      }
      if (failed.has(unit)) return refuse(`${SYSTEMD}.UnitExists`);
      const given = Object.fromEntries(properties);
      const parts = String(given.Slice ?? '-.slice')
        .slice(0, -6)
        .split('-');
      const slices = parts.map((_, i) => `${parts.slice(0, i + 1).join('-')}.slice`);
      const directory = path.join(mount, own, ...slices, unit);
      fs.mkdirSync(directory, { recursive: true });
      for (const pid of given.PIDs ?? []) fs.writeFileSync(path.join(directory, 'cgroup.procs'), String(pid));
      units.set(unit, directory);
      job(unit);
    },
    StopUnit: () => {
      const directory = units.get(body[0]);
      if (!directory) return refuse(`${SYSTEMD}.NoSuchUnit`);
      units.delete(body[0]);
      for (let level = directory; level !== mount; level = path.dirname(level)) {
        try {
          fs.rmdirSync(level);
        } catch {
          break;
        }
      }
      job(body[0]);
    },
  };
  return methods[member]?.() ?? undefined;
}

function padded(length, size) {
  return Math.ceil(length / size) * size;
}

const ALIGNMENT = { y: 1, g: 1, v: 1, n: 2, q: 2, x: 8, t: 8, d: 8, '(': 8, '{': 8 };

function split(signature) {
  const types = [];
  for (let at = 0; at < signature.length; ) {
    let end = at;
    while (signature[end] === 'a') end++;
    for (let depth = 0; ; end++) {
      if ('({'.includes(signature[end])) depth++;
      if (')}'.includes(signature[end])) depth--;
      if (depth === 0) break;
    }
    types.push(signature.slice(at, ++end));
    at = end;
  }
  return types;
}

function decode(bytes) {
  let at = 0;
  const read = (type) => {
    const code = type[0];
    at = padded(at, ALIGNMENT[code] ?? 4);
    const take = (size) => {
      at += size;
      return at - size;
    };
    const text = (length) => {
      const start = take(length + 1);
      return bytes.toString('utf8', start, start + length);
    };
    if (code === 'y') return bytes[take(1)];
    if (code === 'b') return bytes.readUInt32LE(take(4)) === 1;
    if (code === 'q') return bytes.readUInt16LE(take(2));
    if (code === 'i') return bytes.readInt32LE(take(4));
    if (code === 'u') return bytes.readUInt32LE(take(4));
    if (code === 't') return bytes.readBigUInt64LE(take(8));
    if (code === 'd') return bytes.readDoubleLE(take(8));
    if (code === 's' || code === 'o') return text(bytes.readUInt32LE(take(4)));
    if (code === 'g') return text(bytes[take(1)]);
    if (code === 'v') return read(text(bytes[take(1)]));
    if (code === '(' || code === '{') return split(type.slice(1, -1)).map(read);
    const length = bytes.readUInt32LE(take(4));
    at = padded(at, ALIGNMENT[type[1]] ?? 4);
    const end = at + length;
    const values = [];
    while (at < end) values.push(read(type.slice(1)));
    return values;
  };
  const [, , , , , serial, fields] = split('yyyyuua(yv)').map(read);
  const { 3: member, 8: signature = '' } = Object.fromEntries(fields);
  at = padded(at, 8);
  return { serial, member, body: split(signature).map(read) };
}

function encode(type, fields, signature, values) {
  const header = [];
  const body = [];
  for (const [i, value] of values.entries()) write(body, split(signature)[i], value);
  const all = [
    ...fields,
    ...(fields.some(([code]) => code === 7) ? [] : [[7, 's', ':1.1']]),
    ...(signature ? [[8, 'g', signature]] : []),
  ];
  header.push(0x6c, type, 0, 1);
  for (const number of [body.length, ++serials]) write(header, 'u', number);
  write(
    header,
    'a(yv)',
    all.map(([code, kind, value]) => [code, [kind, value]]),
  );
  while (header.length % 8 !== 0) header.push(0);
  return Buffer.from([...header, ...body]);
}

function write(out, type, value) {
  const code = type[0];
  while (out.length % (ALIGNMENT[code] ?? 4) !== 0) out.push(0);
  const text = Buffer.from(String(value));
  if (code === 'y') out.push(value);
  else if (code === 'u') out.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  else if (code === 's' || code === 'o') {
    write(out, 'u', text.length);
    out.push(...text, 0);
  } else if (code === 'g') out.push(text.length, ...text, 0);
  else if (code === 'v') {
    write(out, 'g', value[0]);
    write(out, value[0], value[1]);
  } else if (code === '(') {
    for (const [i, member] of split(type.slice(1, -1)).entries()) write(out, member, value[i]);
  } else {
    const elements = [];
    const start = out.length + 4 + ((4 + out.length) % 8 === 0 ? 0 : 4);
    while (elements.length < start) elements.push(0);
    for (const element of value) write(elements, type.slice(1), element);
    write(out, 'u', elements.length - start);
    while (out.length < start) out.push(0);
    out.push(...elements.slice(start));
  }
}
