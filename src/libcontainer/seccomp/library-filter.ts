import type { Engine, Native, NativeFunction } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import type { SeccompOperator } from '../../spec/vocabulary.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { nativeFunctions as functions } from '../../syscalls/native.ts';
import { type CallByTable, COLUMNS } from '../../syscalls/native-table.ts';
import { struct, u32, u64, writeField } from '../../syscalls/struct.ts';

/** A filter of libseccomp's in the making: seccomp_init has given its `context`. Failures are the library's errors. */
export class Filter {
  constructor(
    private readonly engine: Engine,
    private readonly byTable: CallByTable,
    private readonly context: number,
  ) {}

  /** For one architecture in place of the machine's own, which a new filter is for. */
  setArch(arch: number, native: number): void {
    if (arch === native) return;
    for (const [fn, token] of [
      [functions.seccomp_arch_add, arch],
      [functions.seccomp_arch_remove, native],
    ] as const) {
      const { value } = this.engine.native().call(fn, [this.context, token]);
      if (int(value) < 0) throw failure(fn, [token], int(value));
    }
  }

  /** A binary tree over the numbers in place of a list. Before version 2.5 there is none, and nothing happens. */
  optimize(): void {
    const attribute = [this.context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE];
    this.engine.native().call(functions.seccomp_attr_set, attribute);
  }

  /** Throws what `refused` makes of the first rule that the library does not take. */
  addRules<R extends FilterRule>({ rules, rows, conditions }: RuleTable<R>, refused: Refused<R>): void {
    const fn = functions.seccomp_rule_add_array;
    const results = this.byTable({ fn, first: this.context, rows, fifth: conditions });
    const first = results.findIndex((result) => result < 0);
    const rule = rules[first];
    if (rule) throw refused(rule, failure(fn, [rule.action, rule.number], results[first] ?? 0));
  }

  /** The rules as a program, an array of struct sock_filter. */
  program(kernel: LocalKernel): Uint8Array {
    const { files } = this.engine;
    const fd = kernel.calls.memfd_create('seccomp', ['MFD_CLOEXEC']);
    try {
      const { value } = this.engine.native().call(functions.seccomp_export_bpf, [this.context, fd]);
      if (int(value) < 0) throw failure(functions.seccomp_export_bpf, [], int(value));
      return files.read(`/proc/self/fd/${fd}`);
    } finally {
      files.close(fd);
    }
  }

  release(): void {
    this.engine.native().call(functions.seccomp_release, [this.context]);
  }
}

export type Refused<R> = (rule: R, error: Error) => Error;

/** Rules as the library is to be told them, once for every architecture. */
export interface RuleTable<R extends FilterRule> {
  readonly rules: readonly R[];
  readonly rows: Uint32Array;
  /** Where the conditions of all rules are in memory. */
  readonly conditions: number;
}

export function ruleTable<R extends FilterRule>(native: Native, rules: readonly R[]): RuleTable<R> {
  const { size } = scmpArgCmp;
  const total = rules.reduce((sum, rule) => sum + rule.conditions.length, 0);
  const { bytes, address } = native.map((total + 1) * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows = new Uint32Array(COLUMNS * rules.length);
  let next = 0;
  rules.forEach(({ action, number, conditions }, i) => {
    const row = COLUMNS * i;
    rows[row] = action;
    rows[row + 1] = number;
    rows[row + 2] = conditions.length;
    rows[row + 3] = next;
    for (const condition of conditions) {
      writeCondition(view, next, condition);
      next += size;
    }
  });
  return { rules, rows, conditions: address };
}

export interface FilterRule {
  readonly action: number;
  readonly number: number;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

export interface Condition {
  /** Which argument of the system call: 0 to 5. */
  readonly index: number;
  readonly op: SeccompOperator;
  /** The mask of SCMP_CMP_MASKED_EQ. */
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
}

function writeCondition(view: DataView, at: number, { index, op, value, valueTwo = 0 }: Condition): void {
  const { offsets, fields } = scmpArgCmp;
  writeField(view, at + offsets.arg, fields.arg, index);
  writeField(view, at + offsets.op, fields.op, operators[op]);
  writeField(view, at + offsets.datum_a, fields.datum_a, value);
  writeField(view, at + offsets.datum_b, fields.datum_b, valueTwo);
}

/** A C int is the lower half of the register; what is in the upper one is nobody's business. */
function int(register: number): number {
  return register | 0;
}

/** What the library says when it refuses: a negative error number. */
export function failure({ symbol }: NativeFunction, args: readonly number[], result: number): SyscallError {
  const words = args.map((value) => (value < 0 ? String(value) : `0x${value.toString(16)}`));
  return new SyscallError(symbol, words, -result, errnoCode(-result));
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

/** seccomp.h. */
const scmpArgCmp = struct('scmp_arg_cmp', { arg: u32, op: u32, datum_a: u64, datum_b: u64 });
const SCMP_FLTATR_CTL_OPTIMIZE = 8;
const BINARY_TREE = 2;
