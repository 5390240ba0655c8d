import type { Engine, Files } from '../../engine/engine.ts';
import type { Config, Process } from '../../spec/config.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { utf8 } from '../../syscalls/utf8.ts';
import { annotations } from '../annotations.ts';
import type { Creation, StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import { writeFirstOf, writeProc } from './proc.ts';

/** What a process is called by the Linux security modules. Neither module is needed unless the config names a label. */

/** Before anything is made: a label that is asked for where its module is off would be a container without it. */
export function labelChecks(process: Process | undefined): Step<Machine>[] {
  const { apparmorProfile, selinuxLabel } = process ?? {};
  return [
    ...(apparmorProfile ? [needsModule('/process/apparmorProfile', NO_APPARMOR, hasAppArmor)] : []),
    ...(selinuxLabel ? [needsModule('/process/selinuxLabel', NO_SELINUX, hasSelinux)] : []),
  ];
}

type Module = (machine: Machine) => boolean;

interface Machine {
  readonly engine: Engine;
}

function needsModule(pointer: string, complaint: string, isThere: Module): Step<Machine> {
  return {
    name: 'look for the security module',
    pointer,
    do(creation) {
      if (!isThere(creation)) throw new ContainerError('host', complaint);
    },
  };
}

/** runc's words: clients have seen them. */
export const NO_APPARMOR = 'apparmor: config provided but apparmor not supported';
export const NO_SELINUX = 'selinux label is specified in config, but selinux is disabled or not supported';

/** Any process that is prepared by a stub: a container's init, or a later one beside it. */
interface Labelled extends RecipeContext, Machine {
  readonly init: StubProcess;
}

/**
 * The labels that execve gives the program. After every hook that init may fork, for those would get them too, and
 * before /proc is masked: a user namespace that sees only a masked procfs cannot mount one.
 */
export function labelSteps({ apparmorProfile, noNewPrivileges, selinuxLabel }: Process): Step<Labelled>[] {
  const steps: Step<Labelled>[] = [];
  if (apparmorProfile) {
    steps.push({
      name: `set the AppArmor profile ${apparmorProfile}`,
      pointer: '/process/apparmorProfile',
      do(creation) {
        // With no_new_privs a profile that we are under ourselves can be added to and not left.
        const way = noNewPrivileges && isConfined(creation) ? 'stack' : 'exec';
        writeFirstOf(creation.init.kernel, APPARMOR_EXEC, utf8(`${way} ${apparmorProfile}`));
      },
      hint: (error) => (error.code === 'ENOENT' ? 'is the profile loaded?' : undefined),
    });
  }
  if (selinuxLabel) {
    steps.push({
      name: `set the SELinux label ${selinuxLabel}`,
      pointer: '/process/selinuxLabel',
      do: ({ init }) => writeProc(init.kernel, 'self/attr/exec', utf8(selinuxLabel)),
      hint: (error) => (error.code === 'EINVAL' ? 'does the policy know the label?' : undefined),
    });
  }
  return steps;
}

/** Since Linux 5.8 every module has a directory of its own; before, the two shared the files. */
const APPARMOR_EXEC = ['self/attr/apparmor/exec', 'self/attr/exec'];
const APPARMOR_CURRENT = ['/proc/self/attr/apparmor/current', '/proc/self/attr/current'];

/** Has `make` make a session keyring that bears the label of the process. */
export function withKeyLabel(kernel: RemoteKernel, label: string | undefined, make: () => void): void {
  if (!label) return make();
  writeProc(kernel, 'self/attr/keycreate', utf8(label));
  make();
  writeProc(kernel, 'self/attr/keycreate', new Uint8Array());
}

/**
 * The option by which a new file system gets `linux.mountLabel`; undefined where there is no SELinux, as the label
 * restricts others then, not the container.
 */
export function labelOption(creation: Creation): string | undefined {
  const { config, log } = creation;
  const label = config.linux?.mountLabel;
  if (!label) return undefined;
  if (hasSelinux(creation)) return `${contextType(config)}=${label}`;
  log.debug(`/linux/mountLabel: left out, ${NO_SELINUX.replace(/.*but /, '')}`);
  return undefined;
}

/** `context` unless the annotation that crun has for it names another of mount(8)'s four. */
function contextType({ annotations: given = {} }: Config): string {
  const type = given[annotations.mountContextType] ?? 'context';
  if (['context', 'fscontext', 'defcontext', 'rootcontext'].includes(type)) return type;
  const message = `annotation ${annotations.mountContextType}: ${JSON.stringify(type)} is no context type`;
  throw new ContainerError('invalid-config', message);
}

export function hasAppArmor({ engine }: Machine): boolean {
  return textOf(engine, '/sys/module/apparmor/parameters/enabled').startsWith('Y');
}

/** Whether this process, and so a stub, is under a profile of AppArmor. */
function isConfined({ engine }: Machine): boolean {
  const [own = ''] = APPARMOR_CURRENT.map((file) => textOf(engine, file)).filter((text) => text !== '');
  return own !== '' && !own.startsWith('unconfined');
}

/** A kernel that has SELinux but no policy yet calls every process `kernel`. */
export function hasSelinux({ engine }: Machine): boolean {
  const own = textOf(engine, '/proc/self/attr/current').replace(/\0/g, '').trim();
  return textOf(engine, '/sys/fs/selinux/enforce') !== '' && own !== '' && own !== 'kernel';
}

function textOf({ files, decode }: { files: Files; decode(bytes: Uint8Array): string }, path: string): string {
  try {
    return decode(files.read(path));
  } catch {
    return '';
  }
}
