import type { Config } from '../../spec/config.ts';
import type { Fault } from '../../spec/problem.ts';
import { FILE_REQUIREMENTS } from './files.ts';
import { KERNEL_REQUIREMENTS } from './kernel.ts';
import type { Requirement, Site } from './requirement.ts';
import { SECURITY_REQUIREMENTS } from './security.ts';

const requirements: readonly Requirement[] = [...FILE_REQUIREMENTS, ...KERNEL_REQUIREMENTS, ...SECURITY_REQUIREMENTS];

/** What of a configuration's needs this machine has not. */
export function lacking(site: Site, config: Config): Fault[] {
  return requirements.flatMap(({ severity, find }) =>
    [...find(config, site)].map((violation): Fault => ({ severity, kind: 'host', ...violation })),
  );
}
