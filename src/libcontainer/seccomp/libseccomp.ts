import type { Engine, Native, NativeFunction, NativeMemory } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import type { SeccompArch, SeccompOperator } from '../../spec/vocabulary.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { nativeFunctions as functions } from '../../syscalls/native.ts';
import { cString } from '../../syscalls/params.ts';
import { readField, struct, u32, u64, writeField } from '../../syscalls/struct.ts';
import { ContainerError } from '../errors.ts';

/** libseccomp in this process: names to numbers, and rules to a BPF program (its manual pages, section 3). */
export class Libseccomp {
  readonly #native: Native;
  /** Where strings and structs lie that we hand to the library. */
  readonly #room: NativeMemory;
  readonly version: string;

  private constructor(native: Native) {
    this.#native = native;
    this.#room = native.map(ROOM_SIZE);
    this.version = this.#readVersion(native.call(functions.seccomp_version, []).value);
  }

  /** Throws `host` if the machine has no libseccomp. */
  static load(engine: Engine): Libseccomp {
    const library = Libseccomp.find(engine);
    if (library) return library;
    throw new ContainerError('host', `${functions.seccomp_init.library} is not installed`, {
      pointer: '/linux/seccomp',
      hint: 'the package is called libseccomp2 or libseccomp',
    });
  }

  /** Undefined if the machine has no libseccomp. */
  static find(engine: Engine): Libseccomp | undefined {
    try {
      // The first use of a library opens it; the function itself cannot fail.
      engine.native().call(functions.seccomp_version, []);
    } catch {
      return undefined;
    }
    return new Libseccomp(engine.native());
  }

  /** This machine's SCMP_ARCH_*. */
  get nativeArch(): number {
    return this.#native.call(functions.seccomp_arch_native, []).value >>> 0;
  }

  /** SCMP_ARCH_*; undefined if this version of the library does not know it. */
  arch(name: SeccompArch): number | undefined {
    const token = this.#call(functions.seccomp_arch_resolve_name, [
      this.#string(name.slice('SCMP_ARCH_'.length).toLowerCase()),
    ]);
    return token === 0 ? undefined : token >>> 0;
  }

  /**
   * The number of a system call, here or on `arch`; undefined if the library does not know the name. A negative
   * one stands for a call that this architecture lacks and another of the filter may have.
   */
  number(name: string, arch?: number): number | undefined {
    if (name.length > MAX_NAME || name.includes('\0')) return undefined;
    const text = this.#string(name);
    const number =
      arch === undefined
        ? this.#call(functions.seccomp_syscall_resolve_name, [text])
        : this.#call(functions.seccomp_syscall_resolve_name_arch, [arch, text]);
    return number === NR_SCMP_ERROR ? undefined : number;
  }

  /** A new filter; it holds memory of the library until it is released. */
  filter(defaultAction: number): Filter {
    const context = this.#native.call(functions.seccomp_init, [defaultAction]).value;
    if (context === 0) throw failure('seccomp_init', [hex(defaultAction)], -EINVAL);
    return {
      addArch: (arch) => this.#must('seccomp_arch_add', functions.seccomp_arch_add, [context, arch]),
      optimize: () => void this.#call(functions.seccomp_attr_set, [context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE]),
      addRule: (action, number, conditions) => {
        const args = [context, action, number, conditions.length, this.#conditions(conditions)];
        this.#must('seccomp_rule_add_array', functions.seccomp_rule_add_array, args);
      },
      program: (engine, kernel) => this.#export(engine, kernel, context),
      release: () => void this.#native.call(functions.seccomp_release, [context]),
    };
  }

  #must(name: string, fn: NativeFunction, args: readonly number[]): void {
    const result = this.#call(fn, args);
    if (result < 0) throw failure(name, args.slice(1).map(hex), result);
  }

  #export(engine: Engine, kernel: LocalKernel, context: number): Uint8Array {
    const fd = kernel.calls.memfd_create('seccomp', ['MFD_CLOEXEC']);
    try {
      const result = this.#call(functions.seccomp_export_bpf, [context, fd]);
      if (result < 0) throw failure('seccomp_export_bpf', [], result);
      return engine.files.read(`/proc/self/fd/${fd}`);
    } finally {
      engine.files.close(fd);
    }
  }

  /** The functions return a C int, of which only the lower half of the register is defined. */
  #call(fn: NativeFunction, args: readonly number[]): number {
    return Number(BigInt.asIntN(32, BigInt(this.#native.call(fn, args).value)));
  }

  #string(text: string): number {
    this.#room.bytes.set(cString(text));
    return this.#room.address;
  }

  #conditions(conditions: readonly Condition[]): number {
    const { bytes, address } = this.#room;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    conditions.forEach(({ index, op, value, valueTwo = 0 }, i) => {
      const { offsets, fields, size } = scmpArgCmp;
      writeField(view, size * i + offsets.arg, fields.arg, index);
      writeField(view, size * i + offsets.op, fields.op, operators[op]);
      writeField(view, size * i + offsets.datum_a, fields.datum_a, value);
      writeField(view, size * i + offsets.datum_b, fields.datum_b, valueTwo);
    });
    return address;
  }

  #readVersion(address: number): string {
    this.#native.call(functions.memcpy, [this.#room.address, address, scmpVersion.size]);
    const bytes = this.#room.bytes.subarray(0, scmpVersion.size);
    return (['major', 'minor', 'micro'] as const).map((field) => readField(scmpVersion, field, bytes)).join('.');
  }
}

/** Rules in the making. Failures are the library's error numbers. */
export interface Filter {
  /** Besides the machine's own, which is in every filter. */
  addArch(arch: number): void;
  /** A binary tree over the numbers in place of a list. Before version 2.5 there is none, and nothing happens. */
  optimize(): void;
  /** All conditions must hold. */
  addRule(action: number, number: number, conditions: readonly Condition[]): void;
  /** The rules as a program, an array of struct sock_filter. */
  program(engine: Engine, kernel: LocalKernel): Uint8Array;
  release(): void;
}

export interface Condition {
  /** Which argument of the system call: 0 to 5. */
  readonly index: number;
  readonly op: SeccompOperator;
  /** The mask of SCMP_CMP_MASKED_EQ. */
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
}

/** enum scmp_compare. */
const operators: Readonly<Record<SeccompOperator, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

function failure(name: string, args: readonly string[], result: number): SyscallError {
  return new SyscallError(name, args, -result, errnoCode(-result));
}

function hex(value: number): string {
  return value < 0 ? String(value) : `0x${value.toString(16)}`;
}

/** seccomp.h. */
const scmpArgCmp = struct('scmp_arg_cmp', { arg: u32, op: u32, datum_a: u64, datum_b: u64 });
const scmpVersion = struct('scmp_version', { major: u32, minor: u32, micro: u32 });
const SCMP_FLTATR_CTL_OPTIMIZE = 8;
const BINARY_TREE = 2;
/** __NR_SCMP_ERROR. */
const NR_SCMP_ERROR = -1;
const EINVAL = 22;
const ROOM_SIZE = 4096;
/** The longest that any kernel has is half of this. */
const MAX_NAME = 64;
