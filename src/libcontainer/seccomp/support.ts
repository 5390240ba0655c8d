import type { FeatureFacts } from '../../spec/features.ts';
import { SECCOMP_FLAGS } from '../../spec/vocabulary.ts';
import { kernelOf } from '../kernel.ts';
import type { Machine } from '../machine.ts';
import { Libseccomp } from './libseccomp.ts';
import { isKnownFlag } from './profile.ts';

/** What `features` says of seccomp on this machine; undefined where a profile would be refused. */
export function seccompSupport(engine: Machine): FeatureFacts['seccomp'] {
  const kernel = kernelOf(engine);
  const library = Libseccomp.find(engine, kernel);
  if (!library) return undefined;
  return { libseccomp: library.version, supportedFlags: SECCOMP_FLAGS.filter((flag) => isKnownFlag(kernel, flag)) };
}
