import { Address, type Call, type Entry, Memory, type Operand, Result } from '../batch.ts';
import type { SyscallName } from '../numbers.ts';
import { writeField } from '../struct.ts';
import { msghdr } from '../structs.ts';
import { rightsMessage } from '../stub/rights.ts';
import { ImaginedPort } from './imagined-port.ts';
import { type RecordedCall, recorded } from './recording.ts';

/**
 * An answer for a call that the caller knows better than the port does; it may write into the call's memories. `gone`:
 * the process does not live to tell.
 */
export type Answer = (entry: Entry) => number | 'gone' | undefined;

/**
 * Executes nothing, and keeps what it was asked in `calls`, which ports may share. The answers are those of a
 * kernel that has no objection: descriptors and process IDs count up, a write takes all, everything else is 0, and
 * memory stays as it was.
 */
export class RecordPort extends ImaginedPort {
  private readonly number: () => number;
  private nextPid: number;

  constructor(
    process: string,
    readonly calls: RecordedCall[] = [],
    private readonly options: RecordOptions = {},
  ) {
    super(process, options.socket, options.control);
    let next = options.firstFd ?? 3;
    this.number = options.number ?? (() => next++);
    this.nextPid = options.pid ?? 1000;
  }

  protected override answer(entry: Entry): number | undefined {
    const result = this.overheard(entry);
    if (result !== undefined) entry.result.settle(result);
    const { call, step } = entry;
    const facts = { process: this.process, name: call.name, words: () => call.words(), step, entry };
    this.calls.push(recorded(facts, result));
    return result;
  }

  /** Recorded by whoever sent it. */
  protected override overheard(entry: Entry): number | undefined {
    const answer = this.options.answer?.(entry) ?? this.plausible(entry);
    return answer === 'gone' ? undefined : answer;
  }

  private plausible({ call, registers }: Entry): number {
    if (call.name === 'store') return 0;
    if (givesDescriptor.has(call.name) || isPeer(call)) return this.number();
    const pair = descriptorPairs[call.name];
    if (pair !== undefined) this.writePair(registers[pair]);
    if (call.name === 'recvmsg') this.writeRights(registers[1]);
    if (call.name === 'getpid') return this.options.pid ?? 1000;
    if (call.name === 'clone3') return ++this.nextPid;
    if (call.name === 'dup3') return numberOf(registers[1]);
    return call.name === 'write' ? numberOf(registers[2]) : 0;
  }

  private writePair(operand: Operand | undefined): void {
    const memory = operand instanceof Address ? operand.memory : operand;
    if (!(memory instanceof Memory)) return;
    const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset);
    const offset = operand instanceof Address ? operand.offset : 0;
    view.setInt32(offset, this.number(), true);
    view.setInt32(offset + 4, this.number(), true);
  }

  /** A message that has room for a descriptor brings one. */
  private writeRights(message: Operand | undefined): void {
    if (!(message instanceof Memory)) return;
    const control = message.pointers?.find(({ offset }) => offset === msghdr.offsets.msg_control)?.target;
    if (!control || control.bytes.length < rightsMessage.size) return;
    const view = new DataView(control.bytes.buffer, control.bytes.byteOffset);
    const { cmsg_len, fd } = rightsMessage.offsets;
    writeField(view, cmsg_len, rightsMessage.fields.cmsg_len, fd + rightsMessage.fields.fd.size);
    writeField(view, fd, rightsMessage.fields.fd, this.number());
  }
}

export interface RecordOptions {
  readonly answer?: Answer;
  readonly firstFd?: number;
  /** Gives descriptors their numbers, where several ports count together. */
  readonly number?: () => number;
  /** The process's own; those that it makes count up from there. */
  readonly pid?: number;
  readonly socket?: number;
  readonly control?: number;
}

const givesDescriptor: ReadonlySet<SyscallName | 'store'> = new Set([
  'accept4',
  'fsmount',
  'fsopen',
  'memfd_create',
  'open_tree',
  'openat',
  'openat2',
  'pidfd_open',
  'socket',
]);

/** The other end of a terminal. */
function isPeer(call: Call): boolean {
  return call.name === 'ioctl' && call.words().includes('TIOCGPTPEER');
}

/** Calls that write two descriptors, and the register with the address. */
const descriptorPairs: { readonly [N in SyscallName | 'store']?: number } = { pipe2: 0, socketpair: 3 };

function numberOf(operand: Operand | undefined): number {
  if (operand instanceof Result) return operand.known ? operand.value : 0;
  return typeof operand === 'number' ? operand : 0;
}
