import { hasAppArmor, hasSelinux, NO_APPARMOR, NO_SELINUX } from '../init/labels.ts';
import { NO_LIBSECCOMP } from '../seccomp/libseccomp.ts';
import { seccompSupport } from '../seccomp/support.ts';
import type { Requirement } from './requirement.ts';

/** Security modules and the seccomp library. */
export const SECURITY_REQUIREMENTS: readonly Requirement[] = [
  {
    severity: 'error',
    *find({ process }, site) {
      if (process?.apparmorProfile && !hasAppArmor(site))
        yield { pointer: '/process/apparmorProfile', message: NO_APPARMOR };
    },
  },
  {
    severity: 'error',
    *find({ process }, site) {
      if (process?.selinuxLabel && !hasSelinux(site)) yield { pointer: '/process/selinuxLabel', message: NO_SELINUX };
    },
  },
  {
    severity: 'error',
    *find({ linux }, { engine }) {
      if (!linux?.seccomp || seccompSupport(engine)) return;
      yield { pointer: '/linux/seccomp', ...NO_LIBSECCOMP };
    },
  },
];
