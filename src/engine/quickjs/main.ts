import { helpText } from '../../cli/help.ts';
import { main } from '../../cli/main.ts';
import { commands } from '../../cli/table.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { Binding } from './binding.ts';
import { quickjsEngine } from './engine.ts';
import { plainParser } from './plain-parser.ts';

declare const binding: Binding;
declare namespace globalThis {
  /** What the executable does when it is started; engine.c calls it. */
  let start: () => void;
}

/*
 * Runs when the executable is made: all modules are evaluated, and the heap that this leaves is what each command begins
 * with. So nothing of the process that makes it may be kept.
 */
const engine = quickjsEngine(binding, errnoCode);
const parser = plainParser(helpText);
globalThis.start = () => void main(engine(), parser);
for (const command of commands) void command.load();
void import('../../cli/trace/trace.ts');
