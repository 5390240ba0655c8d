import type { Batch, CallKind, EntryOptions, Operand, Result } from './batch.ts';
import type { Param, ValueOf } from './params.ts';
import { type Signatures, signatures } from './signatures.ts';

type Arguments<P extends readonly unknown[]> = { [K in keyof P]: ValueOf<P[K]> };

/** A method for every system call, typed by its signature. `R` is what a call gives: a number at once, or a {@link Result}. */
export type Calls<R> = { readonly [N in keyof Signatures]: (...args: Arguments<Signatures[N]>) => R };

/** Where a call goes: the batch it joins, and what becomes of its result. */
export interface Sink<R> {
  /** The batch that the next call, and the memory it needs, belong to. */
  readonly batch: Batch;
  /** What the calls are for: the recipe's step. */
  readonly step?: unknown;
  added(result: Result): R;
}

/** The typed calls over `sink`. `options` hold for every call made through the object that comes back. */
export function callsOver<R>(sink: Sink<R>, options: EntryOptions = {}): Calls<R> {
  return Object.assign(Object.create(methods), { sink, options });
}

/** One for all objects: there are some hundred calls, and some commands make three. */
const methods: Record<string, Method> = {};

type Method = (this: { readonly sink: Sink<unknown>; readonly options: EntryOptions }, ...args: never[]) => unknown;

for (const [name, params] of Object.entries(signatures) as [keyof Signatures, readonly Param<never>[]][]) {
  methods[name] = methodOf({ name, words: (args) => params.map((param, i) => param.words(args[i] as never)) }, params);
}

/** On the way of every call: what need not be asked each time is asked here, once. */
function methodOf(kind: CallKind, params: readonly Param<never>[]): Method {
  const made = params.flatMap(sourcesOf).flatMap((source, register) => {
    return source.make || source.arg !== register ? [{ ...source, register }] : [];
  });
  return function (...args) {
    const { sink } = this;
    const { batch } = sink;
    let registers: Operand[] = args;
    if (made.length > 0) {
      // Most arguments are what the kernel takes: a copy, and the others put over it.
      registers = args.slice();
      for (let i = 0; i < made.length; i++) {
        const source = made[i];
        if (source === undefined) continue;
        const { register, arg, make } = source;
        registers[register] = make ? make(batch, args[arg] as never) : (args[arg] as never);
      }
    }
    return sink.added(batch.enter(kind, args, registers, this.options, sink.step));
  };
}

/** What a register gets: what is made of the argument of this number, or that itself. */
interface Source {
  readonly arg: number;
  readonly make: ((batch: Batch, value: never) => Operand) | undefined;
}

function sourcesOf({ put, length, isLengthFirst }: Param<never>, arg: number): Source[] {
  const itself: Source = { arg, make: put };
  if (!length) return [itself];
  const beside: Source = { arg, make: (_, value) => length(value) };
  return isLengthFirst ? [beside, itself] : [itself, beside];
}
