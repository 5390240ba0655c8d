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
  const puts = params.map(({ put }) => put);
  const count = puts.length;
  const isPlain = puts.every((put) => put === undefined);
  return function (...args) {
    const { sink } = this;
    const { batch } = sink;
    let registers: Operand[] = args;
    if (!isPlain) {
      registers = [];
      for (let i = 0; i < count; i++) {
        const put = puts[i];
        if (put) put(batch, args[i] as never, registers);
        else registers[registers.length] = args[i] as never;
      }
    }
    return sink.added(batch.enter(kind, args, registers, this.options, sink.step));
  };
}
