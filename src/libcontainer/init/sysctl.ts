import { joinPointer } from '../../spec/json.ts';
import { sysctlPath } from '../../spec/validate/sysctl.ts';
import { utf8 } from '../../syscalls/utf8.ts';
import type { CreationStep } from '../creation.ts';
import { writeProc } from './proc.ts';

/** Kernel parameters of the container's namespaces; which keys are namespaced was checked with the config. */
export function sysctlSteps(sysctl: Readonly<Record<string, string>>): CreationStep[] {
  return Object.entries(sysctl).map(([key, value]) => ({
    name: `set ${key}`,
    pointer: joinPointer('linux', 'sysctl', key),
    do: ({ init }) => writeProc(init.kernel, `sys/${sysctlPath(key)}`, utf8(value)),
    hint: (error) => (error.code === 'ENOENT' ? 'this kernel has no such parameter' : undefined),
  }));
}
