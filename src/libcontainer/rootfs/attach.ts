import { isErrno } from '../../engine/errors.ts';
import type { Mount } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import { bitsOf, statfsFlags } from '../../syscalls/constants.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs } from '../../syscalls/structs.ts';
import { isInUserNamespace } from '../caller.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { keepOrClose } from './kept-mounts.ts';
import type { Attribute } from './mount-options.ts';
import type { AttributeChange, ParsedOptions } from './parse-options.ts';

/** What holds for the tree, then the move, then propagation: attaching into a shared parent would change it again. */
export function attach(creation: Creation, mount: Mount, tree: Operand, target: Operand, options: ParsedOptions): void {
  if (options.tree) changeAttributes(creation, tree, options.tree, true);
  moveOnto(creation, tree, target);
  propagate(creation, tree, options);
  keepOrClose(creation, mount.destination, tree);
  creation.init.kernel.calls.close(target);
}

export function moveOnto(
  creation: Creation,
  tree: Operand,
  target: Operand,
  calls = creation.init.kernel.calls,
): Result {
  return calls.move_mount(tree, '', target, '', ['MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_EMPTY_PATH']);
}

/** One call each: the kernel does not take two kinds of propagation at once. */
export function propagate(creation: Creation, tree: Operand, { propagations }: ParsedOptions): void {
  for (const { type, recursive } of propagations) {
    creation.init.kernel.calls.mount_setattr(tree, '', flagsFor(recursive), { propagation: [type] });
  }
}

/** Whether it is a call of this very step that failed so: a batch may hold calls of the steps before, and theirs are no answer. */
export function failedHere({ init }: Creation, error: unknown, ...codes: readonly string[]): boolean {
  if (error instanceof CallFailed && error.entry.step !== init.kernel.step) return false;
  return isErrno(error, ...codes);
}

/** What the options name is changed and all else kept, in particular what the source of a bind mount had. */
export function changeAttributes(creation: Creation, tree: Operand, change: AttributeChange, recursive: boolean): void {
  if (change.set.length === 0 && change.clear.length === 0) return;
  const { kernel } = creation.init;
  const attributes = { attr_set: change.set, attr_clr: change.clear };
  if (change.clear.length === 0 || !mayBeLocked(creation)) {
    kernel.calls.mount_setattr(tree, '', flagsFor(recursive), attributes);
    return;
  }
  kernel.flush();
  const changed = kernel.may('EPERM').mount_setattr(tree, '', flagsFor(recursive), attributes);
  if (kernel.value(changed) < 0) throw lockedFlags(creation, tree, change);
}

const flagsFor = (recursive: boolean) =>
  recursive ? (['AT_EMPTY_PATH', 'AT_RECURSIVE'] as const) : (['AT_EMPTY_PATH'] as const);

/**
 * A mount that came into a user namespace with a copy of its parent's mounts keeps what restricts it
 * (mount_namespaces(7)): into that of the container, or one that the runtime itself is in.
 */
function mayBeLocked({ config, engine }: Creation): boolean {
  return namespaceOf(config, 'user') !== 'host' || isInUserNamespace(engine);
}

function lockedFlags(creation: Creation, tree: Operand, { clear }: AttributeChange): ContainerError {
  const { kernel } = creation.init;
  const facts = kernel.output(statfs.size);
  kernel.calls.fstatfs(tree, facts);
  kernel.flush();
  const present = readField(statfs, 'f_flags', facts.bytes);
  const locked = locks.filter(
    ([attribute, flag]) => clear.includes(attribute) && (present & bitsOf(statfsFlags, [flag])) !== 0,
  );
  const names = locked.map(([, flag]) => flag.replace('ST_', 'MS_'));
  return new ContainerError('host', `cannot clear locked flags ${names.join('|') || 'of its mounts'}`, {
    hint: 'in a user namespace a mount keeps the restrictions that it has on the host: leave the option out',
  });
}

const locks = [
  ['MOUNT_ATTR_RDONLY', 'ST_RDONLY'],
  ['MOUNT_ATTR_NOSUID', 'ST_NOSUID'],
  ['MOUNT_ATTR_NODEV', 'ST_NODEV'],
  ['MOUNT_ATTR_NOEXEC', 'ST_NOEXEC'],
  ['MOUNT_ATTR__ATIME', 'ST_NOATIME'],
  ['MOUNT_ATTR__ATIME', 'ST_RELATIME'],
  ['MOUNT_ATTR_NODIRATIME', 'ST_NODIRATIME'],
] as const satisfies readonly (readonly [Attribute, keyof typeof statfsFlags])[];
