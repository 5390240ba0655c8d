import type { Engine, Native } from '../../engine/engine.ts';
import type { SeccompArch } from '../../spec/vocabulary.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { nativeFunctions as functions } from '../../syscalls/native.ts';
import { type CallList, callList } from '../../syscalls/native-list.ts';
import { cString } from '../../syscalls/params.ts';
import { readField, struct, u32 } from '../../syscalls/struct.ts';
import { ContainerError } from '../errors.ts';
import { Filter, failure, int } from './library-filter.ts';

export const NO_LIBSECCOMP = {
  message: `${functions.seccomp_init.library} is not installed`,
  hint: 'the package is called libseccomp2 or libseccomp',
};

/** libseccomp in this process: names to numbers, and rules to a BPF program (its manual pages, section 3). */
export class Libseccomp {
  readonly #engine: Engine;
  readonly #native: Native;
  readonly #list: CallList;
  readonly version: string;

  private constructor(engine: Engine, kernel: LocalKernel) {
    this.#engine = engine;
    this.#native = engine.native();
    this.#list = callList(this.#native, kernel, engine.arch);
    this.version = this.#readVersion();
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

  /** Where it was loaded from, links resolved. */
  get file(): string | undefined {
    const { files, decode } = this.#engine;
    return /\/\S*\/libseccomp\.so\S*$/m.exec(decode(files.read('/proc/self/maps')))?.[0];
  }

  /** This machine's SCMP_ARCH_*. */
  get nativeArch(): number {
    return this.#native.call(functions.seccomp_arch_native, []).value >>> 0;
  }

  /** SCMP_ARCH_*; undefined if this version of the library does not know it. */
  arch(name: SeccompArch): number | undefined {
    const memory = this.#native.map(SMALL);
    memory.bytes.set(cString(name.slice('SCMP_ARCH_'.length).toLowerCase()));
    const token = this.#native.call(functions.seccomp_arch_resolve_name, [memory.address]).value >>> 0;
    return token === 0 ? undefined : token;
  }

  /**
   * The numbers of system calls on each of `arches`; undefined for a name that the library does not know. A
   * negative one stands for a call that this architecture lacks and another of the filter may have.
   */
  numbers(names: readonly string[], arches: readonly number[]): (number | undefined)[][] {
    const { address, offsets } = this.#strings(names);
    const fn = functions.seccomp_syscall_resolve_name_arch;
    const calls = arches.flatMap((arch) => offsets.map((offset) => ({ fn, args: [arch, address + offset] })));
    const results = this.#list(calls).map(int);
    return arches.map((_, i) =>
      results
        .slice(i * names.length, (i + 1) * names.length)
        .map((number) => (number === NR_SCMP_ERROR ? undefined : number)),
    );
  }

  /** A new filter; it holds memory of the library until it is released. */
  filter(defaultAction: number): Filter {
    const context = this.#native.call(functions.seccomp_init, [defaultAction]).value;
    if (context === 0) throw failure(functions.seccomp_init, [defaultAction], -EINVAL);
    return new Filter(this.#engine, this.#list, context);
  }

  /** The names in memory, each with its end. One with a NUL inside is no name, and becomes one that nobody has. */
  #strings(names: readonly string[]): { address: number; offsets: number[] } {
    const text = names.map((name) => `${name.includes('\0') ? '' : name}\0`).join('');
    const bytes = this.#engine.encode(text);
    const memory = this.#native.map(Math.max(SMALL, bytes.length));
    memory.bytes.set(bytes);
    let next = 0;
    const offsets = names.map(() => {
      const offset = next;
      next = bytes.indexOf(0, offset) + 1;
      return offset;
    });
    return { address: memory.address, offsets };
  }

  #readVersion(): string {
    const memory = this.#native.map(SMALL);
    const { value } = this.#native.call(functions.seccomp_version, []);
    this.#native.call(functions.memcpy, [memory.address, value, scmpVersion.size]);
    const bytes = memory.bytes.subarray(0, scmpVersion.size);
    return (['major', 'minor', 'micro'] as const).map((field) => readField(scmpVersion, field, bytes)).join('.');
  }
}

/** seccomp.h. */
const scmpVersion = struct('scmp_version', { major: u32, minor: u32, micro: u32 });
/** __NR_SCMP_ERROR. */
const NR_SCMP_ERROR = -1;
const EINVAL = 22;
const SMALL = 4096;
