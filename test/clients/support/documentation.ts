import * as fs from 'node:fs';
import * as path from 'node:path';

const PAGE = fs.readFileSync(path.join(__dirname, '../../../docs/clients.md'), 'utf8');

/** The blocks of a section of docs/clients.md that are marked as `language`. */
export function documented(section: string, language: string): string[] {
  const [, text = ''] = PAGE.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  return [...own.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

/** Its command lines, for a runtime that lies elsewhere. */
export function documentedCommands(section: string): string {
  return documented(section, 'sh').join('').replaceAll('/usr/local/bin/tsrunc', '$RUNTIME');
}
