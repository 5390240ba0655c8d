// Makes the code cache: runs the bundle's commands on an engine that pretends (scripts/pretend-engine.ts), then
// asks V8 for the code that this has compiled. Run by the node that goes into the executable.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [bundle, pretend, output] = process.argv.slice(2);
const script = new Script(readFileSync(bundle, 'latin1'), { filename: 'tsrunc.cjs' });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);

const { rehearse } = require(pretend);
rehearse(module_.exports.start).then(() => writeFileSync(output, script.createCachedData()));
