// A reporter of jest: adds up V8's counts of each test file, and writes those of src/ to the file TSRUNC_COVERAGE.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from './bundle.mjs';
import { Statements } from './coverage-statements.mjs';

export default class CoverageReporter {
  #statements = new Statements(`${root}/src`);
  #scripts = new Map();

  onTestResult(_test, { v8Coverage = [] }) {
    for (const { codeTransformResult: transformed, result } of v8Coverage) {
      if (transformed?.sourceMapPath) this.#script(transformed, result.url)(result.functions);
    }
  }

  onRunComplete() {
    writeFileSync(process.env.TSRUNC_COVERAGE, JSON.stringify(this.#statements));
  }

  #script({ code, sourceMapPath }, path) {
    let add = this.#scripts.get(path);
    if (add === undefined) {
      const map = existsSync(sourceMapPath) ? readFileSync(sourceMapPath, 'utf8') : null;
      add = map === null ? () => {} : this.#statements.locate(code, map, dirname(path));
      this.#scripts.set(path, add);
    }
    return add;
  }
}
