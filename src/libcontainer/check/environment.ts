import { hasAppArmor, hasSelinux, NO_APPARMOR, NO_SELINUX } from '../init/labels.ts';
import { NO_LIBSECCOMP } from '../seccomp/libseccomp.ts';
import { seccompSupport } from '../seccomp/support.ts';
import { type Answer, always, limited, missing, never, ok, type Probe, unknown } from './probe.ts';
import type { CheckSite } from './site.ts';

/** What this process itself is in, and how the machine guards it. */
export const ENVIRONMENT_PROBES: readonly Probe[] = [
  {
    group: 'environment',
    name: 'the stub',
    lost: 'there are no containers: nothing can become their init',
    needed: always,
    look: ({ trial: { fault } }) =>
      fault === undefined ? ok('runs') : missing(fault, 'chmod 1777 /tmp, and mount -o remount,exec /tmp'),
  },
  {
    group: 'environment',
    name: 'vm.memfd_noexec',
    lost: 'the init of a container is an unnamed file of a file system instead of a sealed memfd',
    needed: never,
    look: (site) => {
      const value = site.text('/proc/sys/vm/memfd_noexec');
      if (value === undefined) return ok('there is no such restriction');
      return value === '2'
        ? limited('is 2: no memfd may be executed', 'sysctl -w vm.memfd_noexec=1')
        : ok(`is ${value}`);
    },
  },
  {
    group: 'environment',
    name: 'nesting',
    lost: 'what the container around us has not, ours cannot have: cgroups, devices, mounts',
    needed: never,
    look: nesting,
  },
  {
    group: 'environment',
    name: 'WSL',
    lost: 'namespaces, cgroups and mounts are not Linux’s own',
    needed: always,
    look: wsl,
  },
  {
    group: 'security',
    name: 'AppArmor around this process',
    lost: 'mounts and signals in containers may be refused with EACCES, whoever makes them',
    needed: never,
    look(site) {
      const label = site.text('/proc/self/attr/apparmor/current') ?? site.text('/proc/self/attr/current');
      if (!hasAppArmor(site) || label === undefined || label === '') return ok('there is none');
      if (/^unconfined\b|\(unconfined\)$/.test(label)) return ok(label);
      const cure = 'lxc config set NAME security.nesting true, or docker run --security-opt apparmor=unconfined';
      return limited(label, cure);
    },
  },
  {
    group: 'security',
    name: 'AppArmor',
    lost: 'no process.apparmorProfile',
    needed: ({ config }) => Boolean(config?.process?.apparmorProfile),
    look: (site) =>
      hasAppArmor(site) ? ok('enabled') : missing(NO_APPARMOR, 'boot with apparmor=1 security=apparmor'),
  },
  {
    group: 'security',
    name: 'SELinux',
    lost: 'no process.selinuxLabel; linux.mountLabel has no effect',
    needed: ({ config }) => Boolean(config?.process?.selinuxLabel),
    look(site) {
      if (!hasSelinux(site)) return missing(NO_SELINUX, 'boot with selinux=1 security=selinux, and a policy');
      return ok(site.text('/sys/fs/selinux/enforce') === '1' ? 'enforcing' : 'permissive');
    },
  },
  {
    group: 'security',
    name: 'libseccomp',
    lost: 'no linux.seccomp',
    needed: ({ config }) => config?.linux?.seccomp !== undefined,
    look({ engine }) {
      const support = seccompSupport(engine);
      if (!support) return missing(NO_LIBSECCOMP.message, 'apt-get install libseccomp2, or dnf install libseccomp');
      return isOld(support.libseccomp)
        ? limited(`${support.libseccomp}: newer system calls are unknown to it`, 'install version 2.5 or newer')
        : ok(support.libseccomp ?? 'there');
    },
  },
];

function isOld(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major < 2 || (major === 2 && minor < 5);
}

function nesting(site: CheckSite): Answer {
  const around = containerAround(site);
  if (around === undefined) return ok('not in a container, as far as can be seen');
  const cures: Readonly<Record<string, string>> = {
    lxc: 'lxc config set NAME security.nesting true',
    docker: 'docker run --privileged',
    podman: 'podman run --privileged',
  };
  return limited(`in a container of ${around}`, cures[around]);
}

/** As systemd-detect-virt finds it out: what the manager has left for those inside. */
function containerAround(site: CheckSite): string | undefined {
  const told =
    site.text('/run/systemd/container') ?? /(?:^|\0)container=([^\0]+)/.exec(site.text('/proc/1/environ') ?? '')?.[1];
  if (told !== undefined && told !== '') return told;
  if (site.has('/.dockerenv')) return 'docker';
  if (site.has('/run/.containerenv')) return 'podman';
  return site.has('/dev/lxc') || site.has('/dev/.lxc') ? 'lxc' : undefined;
}

function wsl(site: CheckSite): Answer {
  const release = site.text('/proc/sys/kernel/osrelease');
  if (release === undefined) return unknown('/proc/sys/kernel/osrelease cannot be read');
  if (!/microsoft/i.test(release)) return ok(`not in it: ${release}`);
  if (!/WSL2|microsoft-standard/.test(release)) {
    return missing(`version 1 has no Linux: ${release}`, 'wsl.exe --set-version DISTRIBUTION 2');
  }
  const cure = 'printf "[boot]\\nsystemd=true\\n" >> /etc/wsl.conf, and wsl.exe --shutdown';
  return site.has('/run/systemd/system') ? ok(`version 2: ${release}`) : limited(`version 2 without systemd`, cure);
}
