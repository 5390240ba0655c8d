import { configSections } from './config.ts';
import { configLinuxSections } from './config-linux.ts';
import type { Section } from './demand.ts';
import { runtimeSections } from './runtime.ts';

/** Everything that version 1.3.0 says to a runtime on Linux, in its order. */
export const sections: readonly Section[] = [...runtimeSections, ...configSections, ...configLinuxSections];
