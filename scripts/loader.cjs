// The script that the executable starts with. It runs the bundle from V8's cache of code that has run before:
// without it every function is compiled at its first call, which takes longer than all the calls.
'use strict';
const { getAsset, getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

const script = new Script(getAsset('tsrunc.cjs', 'latin1'), {
  filename: 'tsrunc.cjs',
  cachedData: new Uint8Array(getRawAsset('tsrunc.cache')),
});
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);
void module_.exports.start();
