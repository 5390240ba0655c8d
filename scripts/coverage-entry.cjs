// The script that `make coverage`'s executable starts with, in the place of a snapshot: code that was compiled before does
// not count. It takes away what the wrapper has added (the kernel passes the name of a
// `#!` file as the first argument) before the bundle can see it; Node has read its variable by now.
'use strict';
const { getAsset } = require('node:sea');
const { Script } = require('node:vm');

process.argv.splice(2, 1);
delete process.env.NODE_V8_COVERAGE;
const script = new Script(getAsset('tsrunc.cjs', 'latin1'), { filename: 'tsrunc.cjs' });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);
void module_.exports.start();
