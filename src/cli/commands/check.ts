import { check, type Finding, suffices } from '../../libcontainer/check.ts';
import type { Handler } from '../context.ts';
import { enterBundle } from '../paths.ts';
import { printable } from '../quote.ts';
import { oneOf, text } from '../values.ts';

/** What is missing is the answer, not a failure: it goes to standard output, and the exit status tells. */
export const handler: Handler = ({ engine, host, print }, { options }) => {
  const format = oneOf(['text', 'json'], text(options, 'format') ?? 'text', 'format');
  const given = text(options, 'bundle') ?? '';
  const findings = check(host, given === '' ? undefined : enterBundle(engine.files, given));
  const able = suffices(findings);
  if (format === 'json') print(`${JSON.stringify({ able, findings }, null, 2)}\n`);
  else
    print(
      [...groups(findings), summary(findings, able, given === '' ? 'containers' : 'this bundle')]
        .map((line) => `${printable(line)}\n`)
        .join(''),
    );
  return able ? 0 : 1;
};

function groups(findings: readonly Finding[]): string[] {
  const names = [...new Set(findings.map(({ group }) => group))];
  return names.flatMap((name) => [name, ...findings.filter(({ group }) => group === name).flatMap(lines), '']);
}

function lines({ verdict, name, found, needed, lost, cure }: Finding): string[] {
  const word = verdict === 'missing' && needed ? 'NEEDED' : verdict;
  return [
    `  ${word.padEnd(8)} ${name}: ${found}`,
    ...(lost === undefined ? [] : [`           lost: ${lost}`]),
    ...(cure === undefined ? [] : [`           cure: ${cure}`]),
  ];
}

function summary(findings: readonly Finding[], able: boolean, what: string): string {
  if (able) return `this host can run ${what}`;
  const names = findings.filter(({ needed, verdict }) => needed && verdict === 'missing').map(({ name }) => name);
  return `this host cannot run ${what}: ${names.join(', ')}`;
}
