import type { Config } from '../spec/config.ts';
import { cgroupRemarks } from './cgroups/remarks.ts';

/** A field that is given and changes nothing. */
export interface Ignored {
  readonly pointer: string;
  /** Follows the pointer in a sentence. */
  readonly message: string;
}

/** What a configuration asks for in vain. What every engine writes out of habit, and nobody can miss, is not told. */
export function ignoredFields(config: Config): Ignored[] {
  const fields = table.filter(({ given }) => given(config)).map(({ pointer, message }) => ({ pointer, message }));
  const remarks = cgroupRemarks(config.linux?.resources ?? {}).filter(({ level }) => level === 'warn');
  return [...fields, ...remarks.map(({ pointer, why }) => ({ pointer, message: `is ignored: ${why}` }))];
}

interface Row extends Ignored {
  given(config: Config): boolean;
}

const table: readonly Row[] = [
  row('/process/commandLine', 'it is for Windows', ({ process }) => process?.commandLine),
  row('/process/user/username', 'it is for Windows', ({ process }) => process?.user?.username),
  row('/process/consoleSize', 'there is no terminal', ({ process }) => process?.consoleSize && !process.terminal),
  ...(['solaris', 'windows', 'vm', 'zos', 'freebsd'] as const).map((platform) =>
    row(`/${platform}`, 'it is for another platform', (config) => config[platform] !== undefined),
  ),
];

function row(pointer: string, why: string, value: (config: Config) => unknown): Row {
  return { pointer, message: `is ignored: ${why}`, given: (config) => Boolean(value(config)) };
}
