/** What `create` takes besides the container's ID. Paths are absolute. */
export interface CreateOptions {
  readonly bundle: string;
  /** Where to write init's PID, once nothing can fail any more. */
  readonly pidFile?: string;
  /** Moves the rootfs over `/` instead of pivot_root, which cannot leave a ramdisk. */
  readonly noPivot?: boolean;
  /** Leaves the caller's session keyring to the container. */
  readonly noNewKeyring?: boolean;
  /** How many descriptors from 3 on reach the container's process. */
  readonly preserveFds?: number;
  /** The AF_UNIX socket that receives the terminal's master. */
  readonly consoleSocket?: string;
  /** The AF_UNIX socket that receives a pidfd of init. */
  readonly pidfdSocket?: string;
  /** For a caller that stays while the container runs. */
  readonly foreground?: Foreground;
}

export interface Foreground {
  /** The container is going to have a terminal: the last moment to refuse. */
  expectTerminal(): void;
  /** Gets the master of the container's terminal, if it has one, to keep. */
  takeMaster(master: number): void;
}

export interface RunOptions extends CreateOptions {
  /** Returns as soon as the process runs, and deletes nothing. */
  readonly detach?: boolean;
  /** Keeps a container whose process has ended. */
  readonly keep?: boolean;
  /** Leaves it to another command to start the container: for a caller that cannot wait for a process itself. */
  readonly hold?: boolean;
  /** Does not adopt the orphans of a killed init. */
  readonly noSubreaper?: boolean;
}

/** What `exec` takes besides the container's ID. Paths are absolute. */
export interface ExecOptions {
  /** The whole process in a file, or what is different from the process of the container's configuration. */
  readonly process: { readonly file: string } | ProcessChanges;
  readonly detach?: boolean;
  /** Where to write the PID, once the program runs. */
  readonly pidFile?: string;
  readonly preserveFds?: number;
  /** A cgroup below the container's. */
  readonly subCgroup?: string;
  /** Goes into a paused container, where the process does not run before `resume`. */
  readonly ignorePaused?: boolean;
  readonly consoleSocket?: string;
  readonly pidfdSocket?: string;
}

export interface ProcessChanges {
  readonly args: readonly string[];
  readonly cwd?: string;
  /** In addition. */
  readonly env?: readonly string[];
  readonly terminal?: boolean;
  readonly user?: { readonly uid: number; readonly gid?: number };
  /** In addition. */
  readonly additionalGids?: readonly number[];
  /** In addition. */
  readonly capabilities?: readonly string[];
  readonly noNewPrivileges?: boolean;
  readonly selinuxLabel?: string;
  readonly apparmorProfile?: string;
}
