import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');

interface Message {
  readonly file: string;
  readonly code: string;
  /** What does not vary, from the first letter to the last. */
  readonly parts: readonly string[];
}

/** The messages that are written down where a ContainerError is made; others are words of the kernel, or of a step. */
const messages = sources(join(ROOT, 'src')).flatMap(messagesOf);

function sources(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(directory, file));
}

function messagesOf(file: string): Message[] {
  const made = /new ContainerError\(\s*'([a-z-]+)',\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/g;
  return [...readFileSync(file, 'utf8').matchAll(made)].map(([, code = '', plain, template = '']) => ({
    file: file.slice(ROOT.length + 1),
    code,
    parts: partsOf(plain ?? template),
  }));
}

/** Without what stands in `${…}`, to the end where that has a template of its own; and without marks at the edges. */
function partsOf(text: string): string[] {
  const without = text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*(?:\}|$)/g, '\0');
  return without.split('\0').map((part) => part.replace(/\\(.)/g, '$1').replace(/^[\s:"']+|[\s:"']+$/g, ''));
}

function longest(parts: readonly string[]): string {
  return parts.reduce((best, part) => (part.length > best.length ? part : best), '');
}

test('messages are found in the sources', () => {
  expect(messages.length).toBeGreaterThan(80);
  const text = ['it is ', '{name}: no ', '{kind ? '].join('$');
  expect(partsOf(text)).toEqual(['it is', 'no', '']);
});

test('every refusal has a line on the page', () => {
  const words = messages.filter(({ parts }) => longest(parts).length > 3);
  expect(words.length).toBeGreaterThan(70);
  const missing = words.filter(({ parts }) => !page.includes(longest(parts)));
  expect(missing.map(({ file, parts }) => `${file}: ${parts.join('…')}`)).toEqual([]);
});

test('every row has a message, a cause and a cure, of which one may go without saying', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Message'));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((row) => !/^\| [^|]+ \|[^|]*(\|[^|]*)?\|$/.test(row.replaceAll('\\|', '')))).toEqual([]);
});
