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

/** What the calls of one name share. */
class Signature implements CallKind {
  constructor(
    readonly name: keyof Signatures,
    readonly params: readonly Param<never>[],
  ) {}

  words(args: readonly never[]): string[] {
    return this.params.map((param, i) => param.words(args[i] as never));
  }
}

/** One for all objects: there are some hundred calls, and some commands make three. */
const methods: Record<string, Method> = {};

type Method = (this: { readonly sink: Sink<unknown>; readonly options: EntryOptions }, ...args: never[]) => unknown;

for (const [name, params] of Object.entries(signatures) as [keyof Signatures, readonly Param<never>[]][]) {
  const signature = new Signature(name, params);
  methods[name] = params.some(({ put }) => put) ? making(signature) : plain(signature);
}

/** A call whose arguments are all what the kernel takes. */
function plain(signature: Signature): Method {
  return function (...args) {
    const { sink } = this;
    return sink.added(sink.batch.enter(signature, args, args, this.options, sink.step));
  };
}

/** A call for which something is made of some. */
function making(signature: Signature): Method {
  return function (...args) {
    const { sink } = this;
    const { batch } = sink;
    const { params } = signature;
    const registers: Operand[] = [];
    for (let i = 0; i < args.length; i++) {
      const put = params[i]?.put;
      if (put) put(batch, args[i] as never, registers);
      else registers[registers.length] = args[i] as never;
    }
    return sink.added(batch.enter(signature, args, registers, this.options, sink.step));
  };
}
