import { startupSnapshot } from 'node:v8';
import { start } from '../src/engine/node/main.ts';
import { rehearse } from './rehearsal.ts';

/*
 * What the executable starts as: V8's heap after this script has run, with all modules evaluated and the functions
 * compiled that the rehearsal went through. Without it every function is parsed and compiled at its first call, which
 * takes longer than all the calls. Nothing of the build's process is in it: the engine is made when a command starts.
 */
startupSnapshot.setDeserializeMainFunction(() => void start());
rehearse().then(forgetBuild, (error: unknown) => {
  console.error(error);
  process.exit(1);
});

/** Who built this, where and when, is no part of it: two builds are the same, byte for byte. Node sets all of it anew. */
function forgetBuild(): void {
  Object.defineProperty(process, 'pid', { value: 0 });
  Object.defineProperty(process, 'argv0', { value: '' });
  Object.assign(process, { ppid: 0, execPath: '', argv: [] });
  process.binding('fs').statValues.fill(0);
}

declare global {
  namespace NodeJS {
    interface Process {
      /** What `fs.statSync` last heard is kept there. */
      binding(name: 'fs'): { readonly statValues: Float64Array };
    }
  }
}
