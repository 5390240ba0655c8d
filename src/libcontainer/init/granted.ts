import type { Capabilities } from '../../spec/config.ts';
import { capabilityBits, capabilityNumber } from '../capabilities.ts';
import { statusWords } from '../process.ts';
import type { Starting } from './starting.ts';

/**
 * What init can give of the capabilities that are asked for: a runtime that has not got them all, in a container
 * itself, warns and goes on (config.md, "Linux Process"). Asked from outside, before init gives anything up.
 */
export function grantedCapabilities({ facts, init, log }: Starting): Capabilities {
  const { engine, process, saved } = facts;
  const asked = process.capabilities ?? {};
  const status = engine.decode(engine.files.read(`/proc/${init.pid}/status`));
  const has = (set: string) => BigInt(`0x${statusWords(status, set)?.[0] ?? 0}`);
  const permitted = has('CapPrm');
  const inheritable = has('CapInh') | has('CapBnd');
  const missing = new Set<string>();
  const among = (names: readonly string[] = [], bits: bigint): string[] =>
    names.filter((name) => {
      const granted = capabilityNumber(name) === undefined || (capabilityBits([name]) & bits) !== 0n;
      if (!granted) missing.add(name);
      return granted;
    });
  const granted = {
    ...asked,
    effective: among(asked.effective, permitted),
    permitted: among(asked.permitted, permitted),
    inheritable: among(asked.inheritable, inheritable),
  };
  // A hook in the container is confined as init is, and need not say it again.
  if (missing.size > 0 && init.pid === saved.init_process_pid)
    log.warn(`/process/capabilities: not granted, as the runtime has not got them: ${[...missing].join(', ')}`);
  return granted;
}
