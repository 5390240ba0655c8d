// Counts which statements of src/ have run, from what V8 counts in a script that was made of them.
//
// The statements are Istanbul's, read from the TypeScript itself. So comments, types and closing braces are no lines
// that could be covered, and neither is what the bundler has dropped: v8-to-istanbul counts all of these as run.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eachMapping, TraceMap } from '@jridgewell/trace-mapping';
import { createInstrumenter } from 'istanbul-lib-instrument';

/** The statements below a folder, each with its count: Istanbul's coverage data. */
export class Statements {
  #files = new Map();

  constructor(folder) {
    const instrumenter = createInstrumenter({ esModules: true, parserPlugins: ['typescript'] });
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
      if (!/(?<!\.d)\.ts$/.test(name)) continue;
      const path = join(folder, name);
      const coverage = statementsOf(path, instrumenter);
      if (Object.keys(coverage.s).length > 0) this.#files.set(path, coverage);
    }
  }

  /**
   * Finds the statements in a script. The result adds what one process has counted in it: `functions` as in
   * `ScriptCoverage` of the Chrome DevTools protocol.
   */
  locate(code, sourceMap, directory) {
    const probes = this.#probes(code, sourceMap, directory);
    const counts = new Uint32Array(code.length + 1);
    return (functions) => {
      paint(counts, functions);
      for (const { s, id, offsets } of probes) s[id] += Math.max(...offsets.map((offset) => counts[offset]));
    };
  }

  toJSON() {
    return Object.fromEntries(this.#files);
  }

  #probes(code, sourceMap, directory) {
    const mapped = mappingsBySource(code, sourceMap, directory);
    return [...mapped].flatMap(([path, mappings]) => {
      const { s, statementMap } = this.#files.get(path) ?? { s: {}, statementMap: {} };
      return Object.entries(statementMap)
        .map(([id, range]) => ({ s, id, offsets: offsetsOf(range, mappings) }))
        .filter(({ offsets }) => offsets.length > 0);
    });
  }
}

function statementsOf(path, instrumenter) {
  const text = readFileSync(path, 'utf8');
  instrumenter.instrumentSync(text, path);
  const { statementMap, s } = instrumenter.lastFileCoverage();
  for (const [id, range] of Object.entries(statementMap)) {
    // A constant's literal is put in the place of its name: there is nothing that could run.
    if (!LITERAL.test(slice(text, range))) continue;
    delete statementMap[id];
    delete s[id];
  }
  return { path, statementMap, s, fnMap: {}, f: {}, branchMap: {}, b: {} };
}

const LITERAL = /^-?(0[xob])?[\da-f_]+n?$|^'[^']*'$|^(true|false|null|undefined)$/i;

function slice(text, { start, end }) {
  const starts = lineStarts(text);
  return text.slice(starts[start.line - 1] + start.column, starts[end.line - 1] + end.column);
}

/** Each source's mappings in the order of the source. */
function mappingsBySource(code, sourceMap, directory) {
  const starts = lineStarts(code);
  const sources = new Map();
  eachMapping(new TraceMap(sourceMap), ({ generatedLine, generatedColumn, source, originalLine, originalColumn }) => {
    if (source === null) return;
    const path = resolve(directory, source);
    if (!sources.has(path)) sources.set(path, []);
    const offset = starts[generatedLine - 1] + generatedColumn;
    sources.get(path).push({ line: originalLine, column: originalColumn, offset });
  });
  for (const mappings of sources.values()) mappings.sort(byPosition);
  return sources;
}

/** The places in the script of a statement's first token that has any. More than one: it was put in several places. */
function offsetsOf({ start, end }, mappings) {
  const first = mappings.find((mapping) => byPosition(mapping, start) >= 0);
  if (first === undefined || byPosition(first, end) >= 0) return [];
  return mappings.filter((mapping) => byPosition(mapping, first) === 0).map(({ offset }) => offset);
}

/** V8 gives nested ranges; the innermost says how often a character was passed. */
function paint(counts, functions) {
  counts.fill(0);
  const ranges = functions.flatMap(({ ranges: [whole, ...blocks] }) => [
    // A function expression is evaluated where it begins, whether or not it is called.
    whole.startOffset === 0 ? whole : { ...whole, startOffset: whole.startOffset + 1 },
    ...blocks,
  ]);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
}

function byPosition(a, b) {
  return a.line - b.line || a.column - b.column;
}

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
