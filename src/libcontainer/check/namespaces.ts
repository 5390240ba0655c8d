import { namespaceOf } from '../creation.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { type Answer, failureOf, missing, never, ok, type Probe, unknown, type Want } from './probe.ts';
import type { CheckSite } from './site.ts';

const lost: Readonly<Record<NamespaceType, string>> = {
  user: 'nobody but root can make containers, and none has users of its own',
  ipc: 'containers share System V IPC and message queues with the host',
  uts: 'containers have the hostname of the host',
  network: 'containers share the network of the host',
  pid: 'containers see the processes of the host, and cannot be ended as a whole',
  mount: 'there are no containers: they have no root filesystem of their own',
  cgroup: 'containers see where they are in the cgroups of the host',
  time: 'no linux.timeOffsets',
};

/** What `tsrunc spec` writes. */
const USUAL: readonly NamespaceType[] = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'];

function isNeeded(type: NamespaceType, { config, caller }: Want): boolean {
  if (type === 'user' && !caller.isAdmin) return true;
  return config ? namespaceOf(config, type) === 'new' : USUAL.includes(type);
}

const types = Object.keys(namespaces) as NamespaceType[];

/** Each is really made, by a process that ends afterwards. */
export const NAMESPACE_PROBES: readonly Probe[] = [
  ...types.map(
    (type): Probe => ({
      group: 'namespaces',
      name: type,
      lost: lost[type],
      needed: (want) => isNeeded(type, want),
      look: (site) => made(site, type),
    }),
  ),
  {
    group: 'namespaces',
    name: 'mounts in a user namespace',
    lost: 'no containers in user namespaces: their root may mount nothing',
    needed: (want) => isNeeded('user', want),
    look: (site) => mounted(site, 'tmpfs', `something around this process forbids it. ${APPARMOR}`),
  },
  {
    group: 'namespaces',
    name: 'procfs in a user namespace',
    lost: 'no containers in user namespaces with a PID namespace of their own: their /proc cannot be mounted',
    needed: (want) => isNeeded('user', want) && isNeeded('pid', want),
    look: (site) =>
      mounted(site, 'proc', 'the procfs here has covered places, and a new one would show what lies beneath', UNCOVER),
  },
];

const APPARMOR = 'AppArmor does so with processes of containers, and with user namespaces of ordinary users';
const UNCOVER = 'docker run --security-opt systempaths=unconfined, or podman run --security-opt unmask=ALL';

function made(site: CheckSite, type: NamespaceType): Answer {
  const { file } = namespaces[type];
  if (!site.has(`/proc/self/ns/${file}`)) return missing('this kernel has none', 'a kernel that is built with them');
  const { trial, caller } = site;
  const result = trial.namespaces.get(type);
  if (result === undefined) return unknown(trial.fault ?? 'nobody could be asked');
  const failure = failureOf(result);
  if (failure === undefined) return ok('one was made');
  if (type !== 'user' && !caller.isAdmin && failureOf(trial.namespaces.get('user') ?? -1) !== undefined) {
    return missing(`${failure}: without a user namespace only root makes one`);
  }
  return missing(`unshare answers ${failure}`, cureOf(site, type, failure));
}

function cureOf(site: CheckSite, type: NamespaceType, failure: string): string {
  const most = `user.max_${namespaces[type].file}_namespaces`;
  if (failure === 'ENOSPC') return `sysctl -w ${most}=${ENOUGH}, unless namespaces are nested 32 deep`;
  if (type === 'user') {
    const restricted = RESTRICTIONS.find(({ name, bad }) => site.text(sysctlFile(name)) === bad);
    if (restricted) return `sysctl -w ${restricted.name}=${restricted.good}`;
  }
  return 'docker run --privileged, or the like, if this is a container; else be root';
}

const ENOUGH = 15_000;

function mounted({ trial }: CheckSite, type: string, why: string, cure: string = NESTING): Answer {
  const result = trial.mounts.get(type);
  if (result === undefined) return unknown(trial.fault ?? 'there is no user namespace to try it in');
  const failure = failureOf(result);
  return failure === undefined ? ok('one was mounted') : missing(`mount answers ${failure}: ${why}`, cure);
}

const NESTING = 'lxc config set NAME security.nesting true, or docker run --security-opt apparmor=unconfined';

/** Parameters by which an administrator keeps user namespaces from ordinary users. */
const RESTRICTIONS = [
  { name: 'user.max_user_namespaces', bad: '0', good: ENOUGH },
  { name: 'kernel.unprivileged_userns_clone', bad: '0', good: 1 },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', bad: '1', good: 0 },
] as const;

function sysctlFile(name: string): string {
  return `/proc/sys/${name.replace('.', '/')}`;
}

/** None is needed by itself: where it matters, the namespace above is missing. */
export const RESTRICTION_PROBES: readonly Probe[] = RESTRICTIONS.map(({ name, bad, good }) => ({
  group: 'namespaces',
  name,
  lost: 'user namespaces of ordinary users, or what they may do in them',
  needed: never,
  look(site) {
    const value = site.text(sysctlFile(name));
    if (value === undefined) return ok('there is no such restriction');
    return value === bad ? missing(`is ${value}`, `sysctl -w ${name}=${good}`) : ok(`is ${value}`);
  },
}));
