import type { Engine } from '../../engine/engine.ts';
import type { Capabilities } from '../../spec/config.ts';
import type { Batch, Result } from '../../syscalls/batch.ts';
import { ambientCommands, bitsOf, capabilityVersion } from '../../syscalls/constants.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { keepsGroups } from '../annotations.ts';
import { capabilityBits, capabilityNumber, capsetFields } from '../capabilities.ts';
import { ContainerError } from '../errors.ts';
import { grantedCapabilities } from './granted.ts';
import { deniesGroups } from './id-maps.ts';
import type { StartFacts, StartStep } from './starting.ts';

/** As root of the container first: a working directory that its user may not enter is still one. */
const workingDirectory: StartStep = {
  name: 'enter the working directory',
  pointer: '/process/cwd',
  do({ init, facts }) {
    init.kernel.may('EACCES', 'EPERM').chdir(facts.process.cwd);
  },
};

const credentials: StartStep = {
  name: 'become the container user',
  pointer: '/process/user',
  do(starting) {
    const { init, facts } = starting;
    const { kernel } = init;
    const { noNewPrivileges = false, user = {} } = facts.process;
    const capabilities = grantedCapabilities(starting);
    const { uid = 0, gid = 0, additionalGids = [], umask = 0o022 } = user;
    kernel.calls.umask(umask);
    dropBounding(kernel, facts.engine, capabilityBits(capabilities.bounding));
    kernel.calls.prctl('PR_SET_KEEPCAPS', 1, 0, 0, 0);
    setGroups(kernel, facts, additionalGids);
    kernel.calls.setresgid(gid, gid, gid);
    kernel.calls.setresuid(uid, uid, uid);
    kernel.calls.prctl('PR_SET_KEEPCAPS', 0, 0, 0, 0);
    kernel.may('EACCES', 'EPERM').chdir(facts.process.cwd);
    kernel.calls.capset(
      { version: bitsOf(capabilityVersion, ['_LINUX_CAPABILITY_VERSION_3']) },
      // Without no_new_privs it takes CAP_SYS_ADMIN to load a filter. What execve leaves depends on the other sets only.
      capsetFields(facts.filter && !noNewPrivileges ? withSysAdmin(capabilities) : capabilities),
    );
    raiseAmbient(kernel, capabilities.ambient ?? []);
    if (noNewPrivileges) kernel.calls.prctl('PR_SET_NO_NEW_PRIVS', 1, 0, 0, 0);
  },
  hint: (error) =>
    error.code === 'EINVAL' && error.syscall.startsWith('setres')
      ? 'is the ID mapped in the user namespace?'
      : undefined,
};

/** An empty list too: the host's groups must go. In a user namespace whose setgroups is denied there is nothing to drop. */
function setGroups(kernel: RemoteKernel, { engine, config, saved }: StartFacts, gids: readonly number[]): void {
  if (keepsGroups(config)) return;
  if (gids.length > 0 || !deniesGroups(engine, saved.init_process_pid)) kernel.calls.setgroups(gids);
}

function dropBounding(kernel: RemoteKernel, engine: Engine, keep: bigint): void {
  const last = Number(engine.decode(engine.files.read('/proc/sys/kernel/cap_last_cap')));
  for (let capability = 0; capability <= last; capability++) {
    if (!(keep & (1n << BigInt(capability)))) kernel.calls.prctl('PR_CAPBSET_DROP', capability, 0, 0, 0);
  }
}

/** One that is not both permitted and inheritable cannot be raised: a warning in the specification's eyes, no failure. */
function raiseAmbient(kernel: RemoteKernel, names: readonly string[]): void {
  kernel.calls.prctl('PR_CAP_AMBIENT', ambientCommands.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number !== undefined)
      kernel.may('*').prctl('PR_CAP_AMBIENT', ambientCommands.PR_CAP_AMBIENT_RAISE, number, 0, 0);
  }
}

/** A working directory outside the root, reached through a leaked descriptor, is the breakout of CVE-2024-21626. */
const verifyDirectory: StartStep = {
  name: 'verify the working directory',
  pointer: '/process/cwd',
  do({ init, facts }) {
    const { kernel } = init;
    const first = lastChdirs(kernel.pending);
    const name = kernel.output(4096);
    const length = kernel.may('ENOENT').getcwd(name);
    kernel.flush();
    if (first.every((result) => result.failed)) {
      throw new ContainerError(
        'invalid-config',
        `chdir to cwd (${JSON.stringify(facts.process.cwd)}) set in config.json failed: permission denied`,
      );
    }
    if (length.failed || name.bytes[0] !== SLASH) {
      throw new ContainerError(
        'invalid-config',
        'current working directory is outside of container mount namespace root -- possible container breakout detected',
      );
    }
  },
};

function lastChdirs(batch: Batch): Result[] {
  return batch.entries.filter(({ call }) => call.name === 'chdir').map(({ result }) => result);
}

function withSysAdmin({ effective = [], permitted = [], ...sets }: Capabilities): Capabilities {
  return { ...sets, effective: [...effective, 'CAP_SYS_ADMIN'], permitted: [...permitted, 'CAP_SYS_ADMIN'] };
}

/** What the container's process gives up, in the order that the kernel forces. */
export const confinement: readonly StartStep[] = [workingDirectory, credentials, verifyDirectory];

/** A stub that waits for start has no use for what loading the filter took. */
export const lowerCapabilities: StartStep = {
  name: 'lower the capabilities',
  pointer: '/process/capabilities',
  do(starting) {
    const version = bitsOf(capabilityVersion, ['_LINUX_CAPABILITY_VERSION_3']);
    starting.init.kernel.calls.capset({ version }, capsetFields(grantedCapabilities(starting)));
  },
};

const SLASH = 0x2f;
