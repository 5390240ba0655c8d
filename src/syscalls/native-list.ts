import type { Arch, Native, NativeFunction, NativeMemory } from '../engine/engine.ts';
import { bitsOf, mmapProtections } from './constants.ts';
import type { LocalKernel } from './local-port.ts';
import { nativeFunctions as libc } from './native.ts';
import { cString } from './params.ts';
import { AssemblerX86 } from './stub/assembler-x86_64.ts';

/**
 * Calls C functions by the hundred. One call through the engine's binding costs more than most functions do, so a
 * list of them is left to a loop of a few instructions; where that cannot be, each is called by itself.
 */
export interface ListedCall {
  readonly fn: NativeFunction;
  /** Five at most: what the loop puts into registers. */
  readonly args: readonly number[];
}

/** Makes the calls in order; the results are the functions' registers, as signed 64-bit integers. */
export type CallList = (calls: readonly ListedCall[]) => number[];

/** `kernel` makes the code executable. */
export function callList(native: Native, kernel: LocalKernel, arch: Arch): CallList {
  let loop: Loop | undefined;
  return (calls) => {
    if (calls.length < WORTH_IT) return calls.map((call) => single(native, call));
    loop ??= Loop.make(native, kernel, arch);
    return loop ? loop.run(calls) : calls.map((call) => single(native, call));
  };
}

function single(native: Native, { fn, args }: ListedCall): number {
  return native.call(fn, args).value;
}

class Loop {
  readonly #functions = new Map<string, number>();

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

  run(calls: readonly ListedCall[]): number[] {
    const list = this.native.map((calls.length + 1) * ENTRY);
    const view = new DataView(list.bytes.buffer, list.bytes.byteOffset, list.bytes.byteLength);
    calls.forEach(({ fn, args }, i) => {
      writeWord(view, i * ENTRY, this.#address(fn));
      args.forEach((arg, j) => {
        writeWord(view, i * ENTRY + 8 * (1 + j), arg);
      });
    });
    // It calls its last argument with its first one: the only way to jump to an address of ours by name.
    this.native.call(libc.bsearch, [list.address, list.address, 1, 8, this.code]);
    return calls.map((_, i) => readWord(view, i * ENTRY + 8 * RESULT));
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

/** loop(rdi = list): calls each entry's function with its words, and stores what it returns behind them. */
export function assembleLoop(): Uint8Array {
  const a = new AssemblerX86();
  const word = (index: number) => ({ base: 'rbx', offset: 8 * index }) as const;
  a.push('rbx');
  a.mov('rbx', 'rdi');
  a.label('next');
  a.load64('rax', word(0));
  a.test('rax', 'rax');
  a.j('e', 'done');
  (['rdi', 'rsi', 'rdx', 'rcx', 'r8'] as const).forEach((register, i) => {
    a.load64(register, word(1 + i));
  });
  a.call('function');
  a.store64(word(RESULT), 'rax');
  a.addImm('rbx', ENTRY);
  a.jmp('next');
  a.label('done');
  a.clear('rax');
  a.pop('rbx');
  a.ret();
  a.label('function');
  a.jmpRegister('rax');
  return a.assemble();
}

/** By halves: a bigint for each would cost more than the calls. */
function writeWord(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setInt32(at + 4, Math.floor(value / TWO_32), true);
}

function readWord(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * TWO_32 + view.getUint32(at, true);
}

const TWO_32 = 0x100000000;
/** An entry: the function, five arguments, the result. */
const ENTRY = 7 * 8;
const RESULT = 6;
const PAGE = 4096;
/** The loop's own preparations take some twenty calls. */
const WORTH_IT = 32;
const RTLD_LAZY = 1;
