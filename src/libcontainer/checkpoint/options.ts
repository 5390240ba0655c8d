import type { Foreground } from '../options.ts';
import type { CgroupMode, NetworkLock } from './rpc.ts';

/** What both `checkpoint` and `restore` take. Paths are absolute. */
export interface CriuOptionsGiven {
  /** Directory of the images. */
  readonly imagePath: string;
  /** Where criu works, and writes its log; the images' directory if absent. */
  readonly workPath?: string;
  readonly tcpEstablished?: boolean;
  readonly externalUnixSockets?: boolean;
  readonly shellJob?: boolean;
  readonly fileLocks?: boolean;
  readonly autoDedup?: boolean;
  readonly lazyPages?: boolean;
  readonly cgroupMode?: CgroupMode;
  /** How nothing of a connection gets lost meanwhile. */
  readonly networkLock?: NetworkLock;
}

export interface CheckpointOptions extends CriuOptionsGiven {
  /** The images of an earlier pre-dump, from the images' directory. */
  readonly parentPath?: string;
  /** Lets the container go on afterwards. */
  readonly leaveRunning?: boolean;
  /** Saves memory only, and lets the container go on. */
  readonly preDump?: boolean;
  readonly tcpSkipInFlight?: boolean;
  readonly linkRemap?: boolean;
  readonly pageServer?: { readonly address: string; readonly port: number };
  /** A descriptor that gets a zero byte once lazy pages can be asked for. */
  readonly statusFd?: number;
}

export interface RestoreOptions extends CriuOptionsGiven {
  readonly bundle: string;
  readonly pidFile?: string;
  readonly consoleSocket?: string;
  readonly detach?: boolean;
  readonly noSubreaper?: boolean;
  /** TCP connections come back closed. */
  readonly tcpClose?: boolean;
  /** `selinux:LABEL` or `apparmor:PROFILE`. */
  readonly lsmProfile?: string;
  readonly lsmMountContext?: string;
  readonly foreground?: Foreground;
}
