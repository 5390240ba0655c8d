import type { ContainerStatus } from './vocabulary.ts';

/** What the `state` and `list` commands print: the specification's state with runc's additions, in runc's key order. */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  /** 0 when the container is stopped. */
  readonly pid: number;
  readonly status: ContainerStatus;
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Empty for `state`; in `list` the name of the state directory's owner, or `#uid`. */
  readonly owner: string;
}

/** The specification's own state, which hooks and seccomp agents read. Write it compactly: some hooks grep it. */
export interface HookState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: ContainerStatus;
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
