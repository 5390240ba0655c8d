import { commands } from '../../src/cli/table.ts';
import type { Binding } from '../../src/engine/quickjs/binding.ts';
import { quickjsEngine } from '../../src/engine/quickjs/engine.ts';
import { plainParser } from '../../src/engine/quickjs/plain-parser.ts';
import { errnoCode } from '../../src/syscalls/errno.ts';
import { faulty } from './faulty.ts';

declare const binding: Binding;
declare namespace globalThis {
  let start: () => void;
}

const engine = quickjsEngine(binding, errnoCode);
globalThis.start = () => faulty(engine(), plainParser);
for (const command of commands) void command.load();
