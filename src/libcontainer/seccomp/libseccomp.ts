import type { Engine, Native, NativeMemory } from '../../engine/engine.ts';
import type { SeccompArch } from '../../spec/vocabulary.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { nativeFunctions as functions } from '../../syscalls/native.ts';
import { type CallByTable, COLUMNS, callByTable } from '../../syscalls/native-table.ts';
import { readField, struct, u32 } from '../../syscalls/struct.ts';
import { cString } from '../../syscalls/utf8.ts';
import { ContainerError } from '../errors.ts';
import { Filter, type FilterRule, failure, type RuleTable, ruleTable } from './library-filter.ts';

export const NO_LIBSECCOMP = {
  message: `${functions.seccomp_init.library} is not installed`,
  hint: 'the package is called libseccomp2 or libseccomp',
};

/** libseccomp in this process: names to numbers, and rules to a BPF program (its manual pages, section 3). */
export class Libseccomp {
  readonly #engine: Engine;
  readonly #native: Native;
  readonly #byTable: CallByTable;
  #nativeArch: number | undefined;
  #memory: NativeMemory | undefined;

  private constructor(engine: Engine, kernel: LocalKernel) {
    this.#engine = engine;
    this.#native = engine.native();
    this.#byTable = callByTable(this.#native, kernel, engine.arch);
  }

  /** Throws `host` if the machine has no libseccomp. */
  static load(engine: Engine, kernel: LocalKernel): Libseccomp {
    const library = Libseccomp.find(engine, kernel);
    if (library) return library;
    throw new ContainerError('host', NO_LIBSECCOMP.message, { pointer: '/linux/seccomp', hint: NO_LIBSECCOMP.hint });
  }

  /** Undefined if the machine has no libseccomp. */
  static find(engine: Engine, kernel: LocalKernel): Libseccomp | undefined {
    try {
      // The first use of a library opens it; the function itself cannot fail.
      engine.native().call(functions.seccomp_version, []);
    } catch {
      return undefined;
    }
    return new Libseccomp(engine, kernel);
  }

  get version(): string {
    const memory = this.#scratch;
    const { value } = this.#native.call(functions.seccomp_version, []);
    this.#native.call(functions.memcpy, [memory.address, value, scmpVersion.size]);
    const bytes = memory.bytes.subarray(0, scmpVersion.size);
    return (['major', 'minor', 'micro'] as const).map((field) => readField(scmpVersion, field, bytes)).join('.');
  }

  /** Where it was loaded from, links resolved: the executable, if it is a part of that. */
  get file(): string {
    const { files, decode, execPath } = this.#engine;
    return /\/\S*\/libseccomp\.so\S*$/m.exec(decode(files.read('/proc/self/maps')))?.[0] ?? execPath;
  }

  /** This machine's SCMP_ARCH_*. */
  get nativeArch(): number {
    this.#nativeArch ??= this.#native.call(functions.seccomp_arch_native, []).value >>> 0;
    return this.#nativeArch;
  }

  /** SCMP_ARCH_*; undefined if this version of the library does not know it. */
  arch(name: SeccompArch): number | undefined {
    const memory = this.#scratch;
    memory.bytes.set(cString(name.slice('SCMP_ARCH_'.length).toLowerCase()));
    const token = this.#native.call(functions.seccomp_arch_resolve_name, [memory.address]).value >>> 0;
    return token === 0 ? undefined : token;
  }

  /**
   * The numbers of system calls on each of `arches`: {@link UNKNOWN} for a name that the library does not know, and
   * another negative one for a call that this architecture lacks and another of the filter may have.
   */
  numbers(names: readonly string[], arches: readonly number[]): Int32Array[] {
    const { address, offsets } = this.#strings(names);
    const rows = new Uint32Array(COLUMNS * names.length);
    for (let i = 0; i < offsets.length; i++) rows[COLUMNS * i] = offsets[i] ?? 0;
    const fn = functions.seccomp_syscall_resolve_name_arch;
    return arches.map((arch) => this.#byTable({ fn, first: arch, rows, second: address }));
  }

  ruleTable<R extends FilterRule>(rules: readonly R[]): RuleTable<R> {
    return ruleTable(this.#native, rules);
  }

  /** A new filter; it holds memory of the library until it is released. */
  filter(defaultAction: number): Filter {
    const context = this.#native.call(functions.seccomp_init, [defaultAction]).value;
    if (context === 0) throw failure(functions.seccomp_init, [defaultAction], -EINVAL);
    return new Filter(this.#engine, this.#byTable, context);
  }

  /** The names in memory, each with its end. What cannot be a name becomes one that nobody has. */
  #strings(names: readonly string[]): { address: number; offsets: Uint32Array } {
    const plain = /^[!-~\n]*$/.test(names.join('\n'));
    const words = plain ? names : names.map((name) => (/^[!-~]*$/.test(name) ? name : ''));
    const bytes = this.#engine.encode(`${words.join('\0')}\0`);
    const memory = this.#native.map(Math.max(SMALL, bytes.length));
    memory.bytes.set(bytes);
    const offsets = new Uint32Array(names.length);
    for (let i = 1; i < words.length; i++) offsets[i] = (offsets[i - 1] ?? 0) + (words[i - 1] ?? '').length + 1;
    return { address: memory.address, offsets };
  }

  /** One page for all that is small: each call through the engine's binding counts. */
  get #scratch(): NativeMemory {
    this.#memory ??= this.#native.map(SMALL);
    return this.#memory;
  }
}

/** seccomp.h. */
const scmpVersion = struct('scmp_version', { major: u32, minor: u32, micro: u32 });
/** __NR_SCMP_ERROR. */
export const UNKNOWN = -1;
const EINVAL = 22;
const SMALL = 4096;
