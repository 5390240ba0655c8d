import type { Engine } from '../../engine/engine.ts';
import type { Config } from '../../spec/config.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { cString } from '../../syscalls/utf8.ts';
import { type CreationStep, namespaceOf, type StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import { becomeRoot, deniesGroups, mapsOf, writeMaps } from './id-maps.ts';
import { withKeyLabel } from './labels.ts';
import { arm } from './stub-process.ts';

/** Who init is, before it does anything: its user namespace's maps, its name, its session. */
export function identitySteps(config: Config): CreationStep[] {
  // With a new time namespace the builder has made it already.
  const newUser = namespaceOf(config, 'user') === 'new' && namespaceOf(config, 'time') !== 'new';
  const { oomScoreAdj, user: { additionalGids = [] } = {} } = config.process ?? {};
  return [
    ...(newUser ? [idMaps] : []),
    ...(additionalGids.length > 0 ? [groups] : []),
    ...(oomScoreAdj === undefined ? [] : [oomScore(oomScoreAdj)]),
    session,
  ];
}

const idMaps: CreationStep = {
  name: 'map user and group IDs',
  pointer: '/linux/uidMappings',
  do(creation) {
    const { init } = creation;
    writeMaps(creation.facts, init.pid, mapsOf(creation.config));
    becomeRoot(init.kernel, creation.config);
    // Again: new credentials have undone it.
    arm(init);
  },
};

/** They are set at start, but what cannot be is an error of create. */
const groups: CreationStep = {
  name: 'check the additional groups',
  pointer: '/process/user/additionalGids',
  do({ engine, init }) {
    // What is asked for may still be in a batch that waits.
    init.kernel.flush();
    if (!deniesGroups(engine, init.pid)) return;
    throw new ContainerError('invalid-config', 'cannot set any additional groups in a rootless container', {
      hint: 'setgroups is denied where only one’s own group ID is mapped: map a range of /etc/subgid too',
    });
  },
};

/** By us: lowering it takes privileges that the process is about to lose. */
export function oomScore(value: number): Step<Prepared> {
  return {
    name: 'set oom_score_adj',
    pointer: '/process/oomScoreAdj',
    do({ engine, init }) {
      const fd = engine.files.open(`/proc/${init.pid}/oom_score_adj`, ['O_WRONLY']);
      try {
        engine.files.write(fd, engine.encode(String(value)));
      } finally {
        engine.files.close(fd);
      }
    },
    hint: (error) => (error.code === 'EACCES' ? 'lowering it needs CAP_SYS_RESOURCE' : undefined),
  };
}

interface Prepared extends RecipeContext {
  readonly engine: Engine;
  readonly init: StubProcess;
}

/** A session of its own, so that the caller's terminal signals and keys are not the container's. */
const session: CreationStep = {
  name: 'start a session',
  do({ init, facts, config }) {
    const { kernel } = init;
    // Only now: a process that is not dumpable belongs to root, and with it the map files in its /proc.
    kernel.calls.prctl('PR_SET_DUMPABLE', 0, 0, 0, 0);
    kernel.calls.setsid();
    if (facts.options.noNewKeyring) return;
    withKeyLabel(kernel, config.process?.selinuxLabel, () => joinKeyring(kernel, facts.id));
  },
  hint: (error) =>
    error.code === 'EINVAL' && error.syscall === 'write'
      ? 'does the policy know the label of /process/selinuxLabel?'
      : undefined,
};

/** The session keyring of the container, made by the first that asks. */
export function joinKeyring(kernel: RemoteKernel, id: string): void {
  const name = kernel.pending.input(cString(`_ses.${id}`));
  const keyring = kernel.may(...KEYRING_REFUSED).keyctl('KEYCTL_JOIN_SESSION_KEYRING', name, 0, 0);
  kernel.may('*').keyctl('KEYCTL_SETPERM', keyring, SEARCHABLE_BY_USER, 0);
}

/** No key management in this kernel, or a container around us that forbids it: then there is nothing to isolate. */
const KEYRING_REFUSED = ['ENOSYS', 'EPERM', 'EACCES', 'EDQUOT'] as const;
/** The permissions of a new session keyring (keyrings(7)) and search for its user. */
const SEARCHABLE_BY_USER = 0x3f1b0000;
