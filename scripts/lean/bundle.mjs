// build/lean/tsrunc.js: src/ in one script, for the engine without Node.
import { join } from 'node:path';
import { bundleRuntime, root } from '../bundle.mjs';

await bundleRuntime('src/engine/quickjs/main.ts', join(root, 'build/lean/tsrunc.js'), {
  platform: 'neutral',
  target: 'es2023',
  format: 'iife',
  minifyIdentifiers: true,
  keepNames: false,
});
