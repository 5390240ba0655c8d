import { seccompReturns } from '../../syscalls/constants.ts';
import { readField, struct, u8, u16, u32, writeField } from '../../syscalls/struct.ts';

/**
 * Classic BPF, as much as a seccomp filter needs: instructions to put before libseccomp's program, and an
 * interpreter that says what a program answers to a system call, so that we need not try it on ourselves.
 */
export interface Instruction {
  readonly code: keyof typeof codes;
  /** Instructions to skip when a comparison holds, and when it does not. */
  readonly jt?: number;
  readonly jf?: number;
  readonly k: number;
}

/** linux/filter.h, linux/bpf_common.h: the instructions that libseccomp and we write. */
const codes = {
  /** A = 32 bits of struct seccomp_data at k. */
  ld: 0x20,
  and: 0x54,
  ja: 0x05,
  jeq: 0x15,
  jgt: 0x25,
  jge: 0x35,
  jset: 0x45,
  ret: 0x06,
} as const;

export const sockFilter = struct('sock_filter', { code: u16, jt: u8, jf: u8, k: u32 });

/** struct seccomp_data: its 64-bit words are read by halves. */
export const SECCOMP_DATA = { nr: 0, arch: 4, args: 16, size: 64 } as const;

/** BPF_MAXINSNS. */
export const MAX_INSTRUCTIONS = 4096;

export function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * sockFilter.size);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt = 0, jf = 0, k }, i) => {
    const at = i * sockFilter.size;
    const { fields, offsets } = sockFilter;
    writeField(view, at + offsets.code, fields.code, codes[code]);
    writeField(view, at + offsets.jt, fields.jt, jt);
    writeField(view, at + offsets.jf, fields.jf, jf);
    writeField(view, at + offsets.k, fields.k, k);
  });
  return bytes;
}

/** One behind the other: jumps are relative, so that a program works wherever it stands. */
export function joinPrograms(...programs: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(programs.reduce((sum, program) => sum + program.length, 0));
  let next = 0;
  for (const program of programs) {
    whole.set(program, next);
    next += program.length;
  }
  return whole;
}

/** A system call as a filter sees it. */
export interface FilteredCall {
  readonly nr: number;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  readonly args?: readonly (number | bigint)[];
}

export interface Verdict {
  readonly action: keyof typeof seccompReturns;
  /** The errno of SECCOMP_RET_ERRNO. */
  readonly data: number;
}

/** What `program` answers to `call`; undefined if it is no program that this interpreter understands. */
export function judge(program: Uint8Array, call: FilteredCall): Verdict | undefined {
  const value = run(program, seccompData(call));
  if (value === undefined) return undefined;
  const action = Object.entries(seccompReturns).find(([, number]) => number === (value & 0xffff0000) >>> 0)?.[0];
  return isAction(action) ? { action, data: value & 0xffff } : undefined;
}

function isAction(name: string | undefined): name is keyof typeof seccompReturns {
  return name !== undefined && Object.hasOwn(seccompReturns, name);
}

function seccompData({ nr, arch, args = [] }: FilteredCall): DataView {
  const view = new DataView(new ArrayBuffer(SECCOMP_DATA.size));
  view.setInt32(SECCOMP_DATA.nr, nr, true);
  view.setUint32(SECCOMP_DATA.arch, arch, true);
  args.forEach((arg, i) => {
    view.setBigUint64(SECCOMP_DATA.args + 8 * i, BigInt.asUintN(64, BigInt(arg)), true);
  });
  return view;
}

function run(program: Uint8Array, data: DataView): number | undefined {
  let a = 0;
  for (let at = 0; at + sockFilter.size <= program.length; at += sockFilter.size) {
    const instruction = program.subarray(at, at + sockFilter.size);
    const [code, k] = [readField(sockFilter, 'code', instruction), readField(sockFilter, 'k', instruction)];
    if (code === codes.ret) return k;
    if (code === codes.ld && k + 4 <= data.byteLength) a = data.getUint32(k, true);
    else if (code === codes.and) a = (a & k) >>> 0;
    else if (code === codes.ja) at += k * sockFilter.size;
    else {
      const holds = compare(code, a, k);
      if (holds === undefined) return undefined;
      at += readField(sockFilter, holds ? 'jt' : 'jf', instruction) * sockFilter.size;
    }
  }
  return undefined;
}

function compare(code: number, a: number, k: number): boolean | undefined {
  switch (code) {
    case codes.jeq:
      return a === k;
    case codes.jgt:
      return a > k;
    case codes.jge:
      return a >= k;
    case codes.jset:
      return (a & k) !== 0;
    default:
      return undefined;
  }
}
