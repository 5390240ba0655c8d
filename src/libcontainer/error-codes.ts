/**
 * What went wrong, as a stable word: clients may switch on it, so a code is never renamed. `tsrunc explain` and
 * docs/errors.md say the same.
 */
export const errorCodes = {
  'invalid-argument': {
    means: 'The command line is wrong: an unknown option, a value that an option cannot have, a missing argument.',
    cure: 'tsrunc help COMMAND lists what there is.',
  },
  'invalid-id': {
    means: 'The container ID is empty, or has other characters than letters, digits, and _ + . -',
    cure: 'Choose another ID.',
  },
  exists: {
    means: 'There is a container with this ID, or a file where one was to be written.',
    cure: 'tsrunc list shows the containers; one that has stopped keeps its ID until tsrunc delete.',
  },
  'does-not-exist': {
    means: 'There is no container with this ID under the state directory.',
    cure: 'tsrunc list; if another user or another --root made it, name that root.',
  },
  'wrong-status': {
    means:
      'The container is not in a state that allows it: only a created one can be started, only a stopped one deleted.',
    cure: 'tsrunc state ID tells its status; delete --force ends a running one first.',
  },
  'not-running': {
    means: 'The process that was to be signalled, or joined, has ended.',
    cure: 'None is needed for a container that was to end; otherwise look for why it ended.',
  },
  'invalid-bundle': {
    means: 'There is no config.json where one was looked for.',
    cure: 'Name the bundle with --bundle, or write a config.json with tsrunc spec.',
  },
  'invalid-config': {
    means: 'config.json is not JSON, does not fit the schema, or is against a rule of the specification or the kernel.',
    cure: 'tsrunc validate shows every place, with the reason and often the word that was meant.',
  },
  unsupported: {
    means:
      'The specification has it, and this version of tsrunc does not. It is refused, because a container without it would not be what was asked for.',
    cure: 'Leave the field out if the container can do without; docs/conformance.md lists all.',
  },
  host: {
    means: 'This machine lacks what was asked for: a kernel feature, a library, a security module, a program.',
    cure: 'The message names it. tsrunc validate asks the same without making a container.',
  },
  state: {
    means: 'The state directory of the container is damaged, or was written by another program.',
    cure: 'Delete it with the program that made it; if that was tsrunc, remove the directory below --root by hand.',
  },
  cgroup: {
    means: 'The cgroup could not be made, entered or limited as asked.',
    cure: 'The message names the file and the controller, and who is in the way.',
  },
  exec: {
    means:
      'The program of the container cannot be executed: it is missing, no program of this machine, or its interpreter is missing.',
    cure: 'The message says which of these. Paths count inside the root filesystem.',
  },
  hook: {
    means: 'A hook failed, was killed, or took longer than its timeout.',
    cure: 'The message has its kind, index and the last that it wrote to standard error.',
  },
  checkpoint: {
    means: 'criu could not save the processes of the container, or could not bring them back.',
    cure: 'The message has the last errors of its log, and where the log is. What criu cannot save by default, an option may allow: --tcp-established, --ext-unix-sk, --file-locks, --shell-job.',
  },
  'init-died': {
    means:
      'The first process of the container ended while it was being prepared: killed by somebody, or by the memory limit.',
    cure: 'Raise the memory limit if the message names it; otherwise see the log of the kernel.',
  },
  timeout: {
    means: 'Something did not happen in time: the end of a process that was killed, the answer of a program.',
    cure: 'A process that ignores SIGKILL waits for a device or a network file system; try again when that answers.',
  },
  syscall: {
    means:
      'The kernel refused a call. The message has the call with its arguments, the step, and the part of config.json that asked for it.',
    cure: 'The hint in parentheses, if there is one; else the manual page of the call, under the error it gave.',
  },
  internal: {
    means: 'A mistake of tsrunc itself.',
    cure: 'Report it, with the output of the command with --debug.',
  },
} as const satisfies Readonly<Record<string, { readonly means: string; readonly cure: string }>>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(errorCodes, word);
}
