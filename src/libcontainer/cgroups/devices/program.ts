import type { Linux } from '../../../spec/config-linux.ts';
import { BpfAssembler, type Register } from '../../../syscalls/bpf.ts';
import { ALL_ACCESS, type DeviceRule, deviceRules } from './rules.ts';

/**
 * The body of a BPF_PROG_TYPE_CGROUP_DEVICE program that permits what `rules` permit (see {@link DeviceRule}),
 * as an array of `struct bpf_insn`.
 *
 * It walks the rules from the last to the first with the accesses that are still undecided in a register: a
 * deny rule that shares one with them ends in "no", an allow rule takes its own away, and "yes" is when none
 * is left. Most rules come to one or two instructions, since rules of one action commute and are sorted into
 * groups by major number, and since what a later wildcard decides is not asked again.
 */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const asm = new BpfAssembler();
  const chars = plan(rules.filter((rule) => rule.type !== 'b'));
  const blocks = plan(rules.filter((rule) => rule.type !== 'c'));
  emitPrologue(asm);
  emitSection(asm, chars, 'char');
  asm.jump(verdict(chars.otherwise));
  asm.label('block');
  emitSection(asm, blocks, 'block');
  for (const allow of [blocks.otherwise, !blocks.otherwise]) {
    asm.label(verdict(allow));
    asm.alu('mov', RESULT, allow ? 1 : 0);
    asm.exit();
  }
  return asm.assemble();
}

/** The same for a container. What nearly every engine writes is assembled when the executable is made. */
export function deviceProgramOf(linux: Linux | undefined): Uint8Array {
  return isUsual(linux) ? usual : deviceProgram(deviceRules(linux));
}

/** One rule for all devices: none. */
function isUsual({ devices = [], resources }: Linux = {}): boolean {
  const [rule, ...more] = resources?.devices ?? [];
  if (rule === undefined || more.length > 0 || devices.length > 0) return false;
  return !rule.allow && rule.access === 'rwm' && (rule.type ?? rule.major ?? rule.minor) === undefined;
}

/** struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }, with access_type = access << 16 | type */
const CONTEXT_OFFSET = { accessType: 0, major: 4, minor: 8 } as const;
const BPF_DEVCG_DEV_BLOCK = 1;
const BPF_DEVCG_DEV_CHAR = 2;

const RESULT: Register = 0;
const CONTEXT: Register = 1;
const TYPE: Register = 2;
/** The accesses of the request that are still undecided. */
const ACCESS: Register = 3;
const NUMBER = { major: 4, minor: 5 } as const satisfies Record<string, Register>;

function verdict(allow: boolean): string {
  return allow ? 'allow' : 'deny';
}

/** What is to be asked of one kind of device, first question first. */
interface Section {
  readonly groups: readonly Group[];
  /** The answer when no question had one. */
  readonly otherwise: boolean;
}

/** Questions about the minors of one major number. */
interface Group {
  readonly allow: boolean;
  readonly major: number | '*';
  readonly questions: readonly Question[];
}

interface Question {
  readonly minor: number | '*';
  readonly access: number;
  /** All accesses that can be undecided here are decided by it. */
  readonly final: boolean;
}

function plan(rules: readonly DeviceRule[]): Section {
  const groups: Group[] = [];
  let undecided = ALL_ACCESS;
  for (const run of runs([...rules].reverse())) {
    const [first] = run;
    if (first === undefined) continue;
    const { allow } = first;
    const wildcard = run.filter(isWildcard).reduce((all, rule) => all | rule.access, 0) & undecided;
    if (wildcard === undecided) return { groups: trimmed(groups, allow), otherwise: allow };
    if (wildcard !== 0) {
      groups.push({ allow, major: '*', questions: [{ minor: '*', access: wildcard, final: false }] });
      undecided &= ~wildcard;
    }
    groups.push(
      ...grouped(
        run.filter((rule) => !isWildcard(rule)),
        allow,
        undecided,
      ),
    );
  }
  return { groups: trimmed(groups, false), otherwise: false };
}

/** Neighbours of one action: their order does not matter. */
function runs(rules: readonly DeviceRule[]): DeviceRule[][] {
  const all: DeviceRule[][] = [];
  for (const rule of rules) {
    const last = all.at(-1);
    if (last?.[0]?.allow === rule.allow) last.push(rule);
    else all.push([rule]);
  }
  return all;
}

function isWildcard({ major, minor }: DeviceRule): boolean {
  return major === '*' && minor === '*';
}

function grouped(run: readonly DeviceRule[], allow: boolean, undecided: number): Group[] {
  const majors = new Map<number | '*', Map<number | '*', number>>();
  for (const { major, minor, access } of run) {
    if ((access & undecided) === 0) continue;
    const minors = majors.get(major) ?? new Map<number | '*', number>();
    minors.set(minor, (minors.get(minor) ?? 0) | (access & undecided));
    majors.set(major, minors);
  }
  return [...majors]
    .sort(byNumber)
    .map(([major, minors]) => ({ allow, major, questions: questions(minors, undecided) }));
}

/** A final wildcard leaves nothing for the other minors. */
function questions(minors: ReadonlyMap<number | '*', number>, undecided: number): Question[] {
  const all = [...minors].sort(byNumber).map(([minor, access]) => ({ minor, access, final: access === undecided }));
  const last = all.find(({ minor, final }) => minor === '*' && final);
  return last ? [last] : all;
}

/** Wildcards first. */
function byNumber([a]: readonly [number | '*', unknown], [b]: readonly [number | '*', unknown]): number {
  return (a === '*' ? -1 : a) - (b === '*' ? -1 : b);
}

/** Without the last questions, if their answer is the one that is given anyway. */
function trimmed(groups: readonly Group[], otherwise: boolean): Group[] {
  let end = groups.length;
  while (groups[end - 1]?.allow === otherwise) end--;
  return groups.slice(0, end);
}

function emitPrologue(asm: BpfAssembler): void {
  asm.load(TYPE, CONTEXT, CONTEXT_OFFSET.accessType);
  asm.move(ACCESS, TYPE);
  asm.alu('rsh', ACCESS, 16);
  // An inode may be asked for none of the three (X_OK of a device node): there is nothing to deny.
  asm.jumpIf('eq', ACCESS, 0, 'allow');
  asm.load(NUMBER.major, CONTEXT, CONTEXT_OFFSET.major);
  asm.load(NUMBER.minor, CONTEXT, CONTEXT_OFFSET.minor);
  asm.alu('and', TYPE, 0xffff);
  asm.jumpIf('eq', TYPE, BPF_DEVCG_DEV_BLOCK, 'block');
  asm.jumpIf('ne', TYPE, BPF_DEVCG_DEV_CHAR, 'deny');
}

function emitSection(asm: BpfAssembler, { groups }: Section, name: string): void {
  for (const [number, { allow, major, questions }] of groups.entries()) {
    const after = `${name} ${number} end`;
    if (major !== '*' && questions.some(({ minor, final }) => minor === '*' && final)) {
      asm.jumpIf('eq', NUMBER.major, major, verdict(allow));
      continue;
    }
    if (major !== '*') asm.jumpIf('ne', NUMBER.major, major, after);
    for (const [index, question] of questions.entries()) {
      emitQuestion(asm, question, allow, `${name} ${number} ${index} end`);
    }
    asm.label(after);
  }
}

function emitQuestion(asm: BpfAssembler, { minor, access, final }: Question, allow: boolean, after: string): void {
  if (minor !== '*' && final) {
    asm.jumpIf('eq', NUMBER.minor, minor, verdict(allow));
    return;
  }
  if (minor !== '*') asm.jumpIf('ne', NUMBER.minor, minor, after);
  if (allow) {
    asm.alu('and', ACCESS, ALL_ACCESS & ~access);
    asm.jumpIf('eq', ACCESS, 0, 'allow');
  } else {
    asm.jumpIf('set', ACCESS, access, 'deny');
  }
  asm.label(after);
}

const usual = deviceProgram(deviceRules({ resources: { devices: [{ allow: false, access: 'rwm' }] } }));
