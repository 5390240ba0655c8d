/**
 * tsrunc for programs on Node. Every method runs the executable as a child process: nothing blocks the event loop, and
 * nothing of the calling process is changed, not its directory, its umask, its signals, nor who reaps its orphans.
 */

export type { ErrorCode } from '../libcontainer/error-codes.ts';
export type { Event, Statistics } from '../libcontainer/events.ts';
export type { Config, Resources } from '../spec/config.ts';
export type { State } from '../spec/state.ts';
export {
  Container,
  type CreatedContainer,
  type CreateOptions,
  type EventOptions,
  type ExecOptions,
  type Running,
  type Stream,
} from './container.ts';
export { ContainerError, type ErrorRecord } from './errors.ts';
export type { Settings } from './tsrunc.ts';
