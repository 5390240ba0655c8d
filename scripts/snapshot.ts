import { startupSnapshot } from 'node:v8';
import { start } from '../src/engine/node/main.ts';
import { rehearse } from './rehearsal.ts';

/*
 * What the executable starts as: V8's heap after this script has run, with all modules evaluated and the functions
 * compiled that the rehearsal went through. Without it every function is parsed and compiled at its first call, which
 * takes longer than all the calls. Nothing of the build's process is in it: the engine is made when a command starts.
 */
startupSnapshot.setDeserializeMainFunction(() => void start());
rehearse().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
