import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@babel/parser';

/**
 * A hint whose cause no test brings about may be wrong, or may never be said. Each of the sources is to be in the words of
 * a test: most in integration/hints.test.ts and faults/hints.test.ts.
 */
const ROOT = join(__dirname, '../../..');

interface Hint {
  readonly file: string;
  /** What does not vary, piece by piece. */
  readonly parts: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

const sources = typescriptIn('src').map((file) => ({ file, tree: treeOf(file) }));
const constants = new Map(sources.flatMap(({ tree }) => constantsOf(tree)));
const hints = sources.flatMap(({ file, tree }) => sentencesOfHints(tree).map((parts): Hint => ({ file, parts })));
const tests = typescriptIn('test')
  .filter((file) => !file.startsWith('test/unit/docs/'))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n');

function typescriptIn(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${directory}/${file}`);
}

function treeOf(file: string): Node {
  const { program } = parse(readFileSync(join(ROOT, file), 'utf8'), { sourceType: 'module', plugins: ['typescript'] });
  return { ...program };
}

/** Whatever hangs below it, in the order of the text. */
function children(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : '';
}

/** `const NAME = 'text'`, which a hint may name. */
function constantsOf(node: Node): [string, Node][] {
  const { type, id, init } = node;
  const named = type === 'VariableDeclarator' && /^[A-Z_]+$/.test(nameOf(id));
  if (named && isNode(init) && textOf(init)) return [[nameOf(id), init]];
  return children(node).flatMap(constantsOf);
}

/** The sentences in what is called a hint: a property, a variable, a table, a function that gives one. */
function sentencesOfHints(node: Node): string[][] {
  const body = hintIn(node);
  return body ? sentences(body) : children(node).flatMap(sentencesOfHints);
}

function hintIn({ type, key, value, id, init, body }: Node): Node | undefined {
  const find = (name: string, words: RegExp, inside: unknown) =>
    words.test(name) && isNode(inside) ? inside : undefined;
  if (type === 'ObjectProperty') return find(nameOf(key), /^hint$/, value);
  if (type === 'VariableDeclarator') return find(nameOf(id), /^hints?$/, init);
  if (type === 'ObjectMethod') return find(nameOf(key), /^hint$/, body);
  if (type === 'FunctionDeclaration') return find(nameOf(id), /^why|Hint$/, body);
  return undefined;
}

function sentences(node: Node): string[][] {
  // What is compared with, or is a type, is said to nobody.
  if (node.type.startsWith('TS') || node['operator'] === '===') return [];
  const parts = textOf(node) ?? textOf(constants.get(nameOf(node)));
  if (parts) return longest(parts).includes(' ') ? [parts] : [];
  return children(node).flatMap(sentences);
}

/** The pieces of a string between what is put in, if it is one. */
function textOf(node: Node | undefined): string[] | undefined {
  if (node?.type === 'StringLiteral') return [String(node['value'])];
  if (node?.type !== 'TemplateLiteral') return undefined;
  return children({ type: '', quasis: node['quasis'] }).map(({ value }) =>
    typeof value === 'object' && value !== null && 'cooked' in value ? String(value.cooked) : '',
  );
}

function longest(parts: readonly string[]): string {
  return parts.reduce((best, part) => (part.length > best.length ? part : best), '').trim();
}

/** A test may leave the beginning or the end away. */
function isSaid({ parts }: Hint): boolean {
  const pieces = parts.map((part) => part.trim()).filter((part) => part.length >= ENOUGH);
  const sought = pieces.length > 0 ? pieces : [longest(parts)];
  return sought.some((words) => tests.includes(words.slice(0, ENOUGH)) || tests.includes(words.slice(-ENOUGH)));
}

/** Characters that no two hints begin or end with by chance. */
const ENOUGH = 20;

test('hints are found in the sources', () => {
  expect(hints.length).toBeGreaterThan(90);
  expect(hints.map(({ parts }) => parts[0])).toContain('is somebody changing the rootfs meanwhile?');
});

test('every hint is in the words of a test', () => {
  const unsaid = hints.filter((hint) => !isSaid(hint));
  expect(unsaid.map(({ file, parts }) => `${file}: ${parts.join('…')}`)).toEqual([]);
});
