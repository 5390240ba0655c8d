import { kernelOf } from '../kernel.ts';
import type { Machine } from '../machine.ts';
import { Criu } from './criu.ts';
import { CriuProcess } from './process.ts';
import { criuProgram } from './program.ts';

/**
 * Throws unless there is a criu that runs and is new enough. Whether it can save a certain container nobody knows before
 * it tries: `criu check` takes long, and complains of much that no container needs.
 */
export function demandCriu(engine: Machine): void {
  const log = { debug() {}, warn() {}, step() {} };
  const ours = { engine, log, kernel: kernelOf(engine) };
  const program = criuProgram(engine);
  const process = CriuProcess.spawn(ours, '/run', []);
  try {
    process.execute(program, { images: '/', work: '/' });
    new Criu(ours, process).demandVersion();
  } finally {
    process.end();
  }
}
