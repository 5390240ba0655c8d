import type { ArgumentParser, ParsedCommand, ParseResult } from '../engine/arguments.ts';
import type { Engine } from '../engine/engine.ts';
import { SyscallError } from '../engine/errors.ts';
import { ContainerError } from '../libcontainer/errors.ts';
import type { Log } from '../libcontainer/host.ts';
import { liveMachine, type Machine } from '../libcontainer/machine.ts';
import type { Command, Context } from './context.ts';
import { hostOf } from './host.ts';
import { openLog, standardErrorLog } from './log.ts';
import { commandLine, commands } from './table.ts';
import { text } from './values.ts';
import { versionText } from './version.ts';

/**
 * The whole life of one command: parse, call, report. Its result is the exit status and nothing else. `machineOf` is for
 * tests, which put something between the runtime and the kernel.
 */
export async function main(
  engine: Engine,
  parser: ArgumentParser,
  machineOf: (engine: Engine) => Machine = liveMachine,
): Promise<never> {
  return engine.exit(await perform(engine, parser, machineOf));
}

async function perform(
  engine: Engine,
  parser: ArgumentParser,
  machineOf: (engine: Engine) => Machine,
): Promise<number> {
  let log = standardErrorLog(engine);
  let failure = 1;
  try {
    const result = parser.parse(commandLine, engine.argv);
    if (result.kind === 'help') return await help(engine, result, machineOf);
    if (result.kind === 'version') return offer(engine, versionText(commandLine.program));
    if (result.kind === 'usage') offer(engine, result.help);
    const global = result.kind === 'command' ? result.parsed.global : result.global;
    log = openLog(engine, global);
    if (result.kind === 'usage') throw new ContainerError('invalid-argument', result.message);
    const command = commandOf(result.parsed.command);
    failure = command.failureStatus ?? failure;
    const file = text(global, 'trace') ?? '';
    if (file === '') return await call(machineOf(engine), log, command, result.parsed);
    return await traced(engine, log, file, command, result.parsed);
  } catch (error) {
    log.fail(error);
    return failure;
  }
}

/** Without `--trace` nothing stands between the runtime and the kernel, and nothing of this is even loaded. */
async function traced(
  engine: Engine,
  log: Log,
  file: string,
  command: Command,
  parsed: ParsedCommand,
): Promise<number> {
  const { traceTo } = await import('./trace/trace.ts');
  const trace = traceTo(engine, log, file);
  try {
    return await call(trace.engine, trace.log, command, parsed);
  } finally {
    trace.write();
  }
}

/** Its text is there in any case. Its status says whether a command that depends on the machine can work here. */
async function help(
  engine: Engine,
  { text: words, command }: Extract<ParseResult, { kind: 'help' }>,
  machineOf: (engine: Engine) => Machine,
): Promise<number> {
  offer(engine, words);
  const entry = command === undefined ? undefined : commandOf(command);
  if (entry?.dependsOnMachine) (await entry.load()).usable?.(machineOf(engine));
  return 0;
}

function commandOf(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`the parser knows a command that the table does not: ${name}`);
  return command;
}

async function call(engine: Machine, log: Log, command: Command, parsed: ParsedCommand): Promise<number> {
  const host = hostOf(engine, log, parsed.global);
  const { handler } = await command.load();
  host.log.debug([parsed.command, ...parsed.arguments].join(' '));
  const context: Context = {
    engine,
    host,
    rootGiven: parsed.global.root !== undefined,
    print: (text) => print(engine, text),
    printError: (text) => void offer(engine, text, stderr),
  };
  return handler(context, parsed) ?? 0;
}

const stdout = 1;
const stderr = 2;

/** An answer that cannot be delivered is a failure: the caller would take the silence for the answer. */
function print(engine: Engine, text: string): void {
  if (text === '') return;
  try {
    engine.files.write(stdout, engine.encode(text));
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new SyscallError('write', ['/dev/stdout'], error.errno, error.code);
  }
}

/** Help and remarks are for people, and nothing hangs on their arrival. */
function offer(engine: Engine, text: string, fd = stdout): number {
  try {
    engine.files.write(fd, engine.encode(text));
  } catch {
    // As runc: help into a full disk or a closed pipe is no failure.
  }
  return 0;
}
