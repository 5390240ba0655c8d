import type { Engine } from '../../../engine/engine.ts';
import type { StructFields } from '../../../syscalls/batch.ts';
import { BPF_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_DEVICE } from '../../../syscalls/constants.ts';
import { errnoNumber } from '../../../syscalls/errno.ts';
import type { LocalKernel } from '../../../syscalls/local-port.ts';
import { readField, type Struct, struct, u32, u64 } from '../../../syscalls/struct.ts';
import { bpfProgAttach, bpfProgLoad, bpfProgQuery } from '../../../syscalls/structs.ts';
import { cString } from '../../../syscalls/utf8.ts';
import { ContainerError } from '../../errors.ts';
import type { DevicePrograms } from './attach.ts';

/** Device programs by bpf(2) on this process's port. The protocol is told in attach.ts. */
export function devicePrograms(engine: Engine, kernel: LocalKernel): DevicePrograms {
  return {
    replace(directory, program) {
      const cgroup = engine.files.open(directory, ['O_RDONLY', 'O_DIRECTORY']);
      const loaded = load(engine, kernel, program);
      try {
        exchange(engine, kernel, cgroup, loaded);
      } finally {
        engine.files.close(loaded);
        engine.files.close(cgroup);
      }
    },
  };
}

function load(engine: Engine, kernel: LocalKernel, program: Uint8Array): number {
  for (let tries = 0; tries < 5; tries++) {
    const fd = tryLoad(kernel, program, 0).fd;
    if (fd >= 0) return fd;
    if (fd !== -errnoNumber('EAGAIN')) break;
  }
  const { fd, log } = tryLoad(kernel, program, LOG_SIZE);
  if (fd >= 0) return fd;
  const reason = engine
    .decode(log.subarray(0, Math.max(0, log.indexOf(0))))
    .trim()
    .split('\n')
    .slice(-3)
    .join('; ');
  throw new ContainerError('cgroup', `load the device program of ${program.length / 8} instructions`, {
    hint: reason
      ? `the verifier says: ${reason}`
      : 'it takes CAP_BPF or CAP_SYS_ADMIN, and a kernel with CONFIG_CGROUP_BPF',
  });
}

function tryLoad(kernel: LocalKernel, program: Uint8Array, logSize: number): { fd: number; log: Uint8Array } {
  const { fd, log } = kernel.batch(
    (batch, calls) => {
      const buffer = batch.output(logSize);
      const attr = batch.struct(bpfProgLoad, {
        prog_type: BPF_PROG_TYPE_CGROUP_DEVICE,
        insn_cnt: program.length / 8,
        insns: batch.input(program),
        license: batch.input(cString('Apache-2.0')),
        ...(logSize > 0 && { log_level: 1, log_size: logSize, log_buf: buffer }),
      });
      return { fd: calls.bpf('BPF_PROG_LOAD', attr, bpfProgLoad.size), log: buffer };
    },
    ['*'],
  );
  return { fd: fd.value, log: log.bytes };
}

/** Attaches `loaded` and takes every older program away; a single one is exchanged atomically. */
function exchange(engine: Engine, kernel: LocalKernel, cgroup: number, loaded: number): void {
  const old = attachedTo(kernel, cgroup)
    .map((id) => programById(kernel, id))
    .filter((fd) => fd >= 0);
  const [only, ...more] = old;
  const replaced = only !== undefined && more.length === 0 ? only : undefined;
  command(kernel, 'BPF_PROG_ATTACH', bpfProgAttach, {
    target_fd: cgroup,
    attach_bpf_fd: loaded,
    attach_type: BPF_CGROUP_DEVICE,
    attach_flags: replaced === undefined ? ['BPF_F_ALLOW_MULTI'] : ['BPF_F_ALLOW_MULTI', 'BPF_F_REPLACE'],
    replace_bpf_fd: replaced ?? 0,
  });
  for (const program of old) {
    if (program !== replaced) {
      command(kernel, 'BPF_PROG_DETACH', bpfProgAttach, {
        target_fd: cgroup,
        attach_bpf_fd: program,
        attach_type: BPF_CGROUP_DEVICE,
      });
    }
    engine.files.close(program);
  }
}

function attachedTo(kernel: LocalKernel, cgroup: number): number[] {
  const { attr, ids } = kernel.batch((batch, calls) => {
    const list = batch.output(4 * MAX_PROGRAMS);
    // Room behind the fields: newer kernels write there whatever size they are told.
    const query = batch.struct(
      roomyQuery,
      { target_fd: cgroup, attach_type: BPF_CGROUP_DEVICE, prog_ids: list, prog_cnt: MAX_PROGRAMS },
      true,
    );
    calls.bpf('BPF_PROG_QUERY', query, bpfProgQuery.size);
    return { attr: query, ids: list };
  });
  const view = new DataView(ids.bytes.buffer, ids.bytes.byteOffset);
  return Array.from({ length: readField(roomyQuery, 'prog_cnt', attr.bytes) }, (_, i) => view.getUint32(4 * i, true));
}

const roomyQuery = struct('bpf_attr(BPF_PROG_QUERY)', {
  ...bpfProgQuery.fields,
  room1: u64,
  room2: u64,
  room3: u64,
  room4: u64,
});
const progId = struct('bpf_attr(BPF_PROG_GET_FD_BY_ID)', { prog_id: u32, next_id: u32, open_flags: u32 });

/** Negative where we may not have it. */
function programById(kernel: LocalKernel, id: number): number {
  return kernel.batch(
    (batch, calls) => calls.bpf('BPF_PROG_GET_FD_BY_ID', batch.struct(progId, { prog_id: id }), progId.size),
    ['EACCES', 'EPERM', 'ENOENT'],
  ).value;
}

function command(
  kernel: LocalKernel,
  name: 'BPF_PROG_ATTACH' | 'BPF_PROG_DETACH',
  declaration: Struct,
  value: StructFields,
): void {
  kernel.batch((batch, calls) => calls.bpf(name, batch.struct(declaration, value), declaration.size));
}

const MAX_PROGRAMS = 64;
const LOG_SIZE = 64 << 10;
