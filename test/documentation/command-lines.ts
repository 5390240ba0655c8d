import * as fs from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.join(__dirname, '../..');

export interface CommandLine {
  readonly document: string;
  /** Without comments and what stands around it. */
  readonly line: string;
}

/** Everything that a reader is told to type. */
export const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

const PROGRAMS = [
  'tsrunc',
  'make',
  'npm',
  'npx',
  'apt',
  'docker',
  'podman',
  'ctr',
  'systemctl',
  'journalctl',
  'bin/tsrunc',
];
const IN_TEXT = new RegExp(`\`((?:${PROGRAMS.join('|')}) [^\`\n]+)\``, 'g');

/** The blocks that are marked as shell. */
export function blocks(document: string): string[] {
  return [...read(document).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** The lines of blocks, and what follows a prompt. */
export function typedLines(): CommandLine[] {
  return DOCUMENTS.flatMap((document) => {
    const prompted = [...read(document).matchAll(/^\$ (.*)$/gm)].map(([, line = '']) => line);
    const lines = blocks(document).join('').split('\n').map(withoutComment);
    return [...lines, ...prompted].filter((line) => line !== '').map((line) => ({ document, line }));
  });
}

/** Commands between backticks, in text and tables. */
export function mentionedLines(): CommandLine[] {
  return DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(IN_TEXT)].map(([, line = '']) => ({ document, line })),
  );
}

export function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s+)# .*$/, '').trim();
}
