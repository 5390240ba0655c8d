import type { Arch, Native, NativeFunction, NativeMemory } from '../engine/engine.ts';
import { bitsOf, mmapProtections } from './constants.ts';
import type { LocalKernel } from './local-port.ts';
import { nativeFunctions as libc } from './native.ts';
import { AssemblerX86 } from './stub/assembler-x86_64.ts';
import { cString } from './utf8.ts';

/**
 * Calls a C function by the hundred. One call through the engine's binding costs more than most functions do, and
 * a description of each in objects costs as much again before anything is compiled; so the calls are rows of plain
 * numbers, and a loop of a few instructions makes them. Where that cannot be, each is called by itself.
 */
export interface CallTable {
  readonly fn: NativeFunction;
  /** The first argument, of all of them. */
  readonly first: number;
  /** The second to the fifth of each, as 32 bits. */
  readonly rows: Uint32Array;
  /** What the second argument counts from, if it is a place in memory; and the fifth. */
  readonly second?: number;
  readonly fifth?: number;
}

export const COLUMNS = 4;

/** Makes the calls in order; the results are what C calls an int. */
export type CallByTable = (table: CallTable) => Int32Array;

/** `kernel` makes the code executable. */
export function callByTable(native: Native, kernel: LocalKernel, arch: Arch): CallByTable {
  let loop: Loop | undefined;
  return (table) => {
    if (table.rows.length / COLUMNS < WORTH_IT) return singly(native, table);
    loop ??= Loop.make(native, kernel, arch);
    return loop ? loop.run(table) : singly(native, table);
  };
}

function singly(native: Native, { fn, first, rows, second = 0, fifth = 0 }: CallTable): Int32Array {
  const results = new Int32Array(rows.length / COLUMNS);
  for (let i = 0; i < results.length; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = rows.subarray(i * COLUMNS, (i + 1) * COLUMNS);
    results[i] = native.call(fn, [first, second + a, b, c, fifth + d].slice(0, fn.arity)).value | 0;
  }
  return results;
}

class Loop {
  readonly #functions = new Map<string, number>();
  #memory: NativeMemory | undefined;

  private constructor(
    private readonly native: Native,
    private readonly code: number,
    private readonly name: NativeMemory,
  ) {}

  /** Undefined where we have no code for the machine, or may not run it. */
  static make(native: Native, kernel: LocalKernel, arch: Arch): Loop | undefined {
    if (arch !== 'x86_64') return undefined;
    const page = native.map(PAGE);
    page.bytes.set(assembleLoop());
    const executable = bitsOf(mmapProtections, ['PROT_READ', 'PROT_EXEC']);
    if (kernel.may('*').mprotect(page.address, PAGE, executable) < 0) return undefined;
    const loop = new Loop(native, page.address, native.map(PAGE));
    try {
      loop.#address(libc.bsearch);
      return loop;
    } catch {
      // Before version 2.34 of the C library, dlopen is not in it.
      return undefined;
    }
  }

  run({ fn, first, rows, second = 0, fifth = 0 }: CallTable): Int32Array {
    const count = rows.length / COLUMNS;
    const { address, bytes } = this.#room(HEAD + rows.byteLength + 4 * count);
    const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD);
    const values = [this.#address(fn), first, second, fifth, address + HEAD + rows.byteLength];
    values.forEach((value, i) => {
      head.setBigUint64(8 * i, BigInt(value), true);
    });
    new Uint32Array(bytes.buffer, bytes.byteOffset + HEAD, rows.length).set(rows);
    // It calls its last argument with its first one: the only way to jump to an address of ours by name.
    this.native.call(libc.bsearch, [address, address, 1, 8, this.code]);
    return new Int32Array(bytes.buffer, bytes.byteOffset + HEAD + rows.byteLength, count).slice();
  }

  /** The same for one table after the other, if it is large enough. */
  #room(size: number): NativeMemory {
    if (this.#memory === undefined || this.#memory.bytes.length < size) this.#memory = this.native.map(size);
    return this.#memory;
  }

  #address(fn: NativeFunction): number {
    const known = this.#functions.get(fn.symbol);
    if (known !== undefined) return known;
    this.name.bytes.set(cString(fn.library));
    const library = this.native.call(libc.dlopen, [this.name.address, RTLD_LAZY]).value;
    this.name.bytes.set(cString(fn.symbol));
    const address = this.native.call(libc.dlsym, [library, this.name.address]).value;
    if (address === 0) throw new Error(`${fn.library} has no ${fn.symbol}`);
    this.#functions.set(fn.symbol, address);
    return address;
  }
}

/** loop(rdi = table): the head, then the rows up to its last word, then a result for each. */
export function assembleLoop(): Uint8Array {
  const a = new AssemblerX86();
  const head = (index: number) => ({ base: 'rbp', offset: 8 * index }) as const;
  const column = (index: number) => ({ base: 'rbx', offset: 4 * index }) as const;
  // Three, so that the stack is aligned for the functions.
  a.push('rbx');
  a.push('rbp');
  a.push('r12');
  a.mov('rbp', 'rdi');
  a.lea('rbx', { base: 'rdi', offset: HEAD });
  a.load64('r12', head(END));
  a.label('next');
  a.load64('rax', head(END));
  a.cmp('rbx', 'rax');
  a.j('e', 'done');
  a.load64('rdi', head(FIRST));
  (['rsi', 'rdx', 'rcx', 'r8'] as const).forEach((register, i) => {
    a.load32(register, column(i));
  });
  a.load64('rax', head(SECOND));
  a.add('rsi', 'rax');
  a.load64('rax', head(FIFTH));
  a.add('r8', 'rax');
  a.load64('rax', head(FUNCTION));
  a.call('function');
  a.store32({ base: 'r12', offset: 0 }, 'rax');
  a.addImm('rbx', 4 * COLUMNS);
  a.addImm('r12', 4);
  a.jmp('next');
  a.label('done');
  a.clear('rax');
  a.pop('r12');
  a.pop('rbp');
  a.pop('rbx');
  a.ret();
  a.label('function');
  a.jmpRegister('rax');
  return a.assemble();
}

/** The words of the head. */
const [FUNCTION, FIRST, SECOND, FIFTH, END] = [0, 1, 2, 3, 4];
const HEAD = 5 * 8;
const PAGE = 4096;
/** The loop's own preparations take some twenty calls. */
const WORTH_IT = 32;
const RTLD_LAZY = 1;
