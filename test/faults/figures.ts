import * as fs from 'node:fs';

/** What a whole sweep of one verb with one fault came to. */
export interface Figure {
  readonly verb: string;
  /** The errno, or the signal that ends the runtime. */
  readonly fault: string;
  /** How many there are, each of which was hit once. */
  readonly calls: number;
  /** How many of these left something, hung, or said something unclear. */
  readonly failures: number;
}

const file = 'build/faults.json';
const page = 'docs/reliability.md';

/** Those of the sweeps so far, the last of each kind. */
export function figures(): Figure[] {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];
}

export function note(figure: Figure): void {
  const others = figures().filter(({ verb, fault }) => verb !== figure.verb || fault !== figure.fault);
  fs.writeFileSync(file, `${JSON.stringify([...others, figure], null, 2)}\n`);
}

/** The table of the page: a row a verb. */
export function table(all: readonly Figure[]): string {
  const verbs = [...new Set(all.map(({ verb }) => verb))];
  const cell = (verb: string, wanted: string): string => {
    const found = all.find((figure) => figure.verb === verb && figure.fault === wanted);
    return found ? `${found.calls} calls, ${found.failures} failures` : '–';
  };
  const rows = verbs.map((verb) => `| ${[verb, ...FAULTS.map((fault) => cell(verb, fault))].join(' | ')} |`);
  const total = all.reduce((sum, { calls }) => sum + calls, 0);
  const failures = all.reduce((sum, { failures: count }) => sum + count, 0);
  return [
    `| | ${FAULTS.map((fault) => (fault === 'SIGKILL' ? 'killed before it' : fault)).join(' | ')} |`,
    '|---|---|---|---|',
    ...rows,
    '',
    `In all ${total} faults, and ${failures} failures.`,
  ].join('\n');
}

const FAULTS = ['EIO', 'EPERM', 'SIGKILL'];
const [BEGIN, END] = ['<!-- figures -->\n', '<!-- end of figures -->'];

/** The page with the table of `all` in place of the one that it has. */
export function pageWith(text: string, all: readonly Figure[]): string {
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}${table(all)}\n${END}${after}`;
}

export function writePage(): void {
  const all = figures();
  if (all.length > 0) fs.writeFileSync(page, pageWith(fs.readFileSync(page, 'utf8'), all));
}
