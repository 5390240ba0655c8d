import type { Config } from '../../spec/config.ts';
import type { CreationStep } from '../creation.ts';
import { openMountPoint } from '../rootfs/mount-point.ts';
import { missingHint } from '../rootfs/target.ts';

/** What a container has of its own beside files: names, and a place to work in. */
export function hostnameSteps(config: Config): CreationStep[] {
  const { hostname, domainname } = config;
  const steps: CreationStep[] = [];
  if (hostname) {
    steps.push({
      name: 'set the hostname',
      pointer: '/hostname',
      do: ({ init }) => void init.kernel.calls.sethostname(hostname),
    });
  }
  if (domainname) {
    steps.push({
      name: 'set the domain name',
      pointer: '/domainname',
      do: ({ init }) => void init.kernel.calls.setdomainname(domainname),
    });
  }
  return steps;
}

/** Created where it is missing, while the root can still be written. */
export function cwdStep(cwd: string): CreationStep {
  return {
    name: `make the working directory ${cwd}`,
    pointer: '/process/cwd',
    do(creation) {
      creation.init.kernel.calls.close(openMountPoint(creation, cwd, 'directory').target);
    },
    hint: missingHint,
  };
}
