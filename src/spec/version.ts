/** The lowest and the highest version of the OCI runtime specification whose documents are understood. */
export const OCI_VERSION_MIN = '1.0.0';
export const OCI_VERSION = '1.3.0';

/** `1.3.0`, `1.0.2-dev`, `1.0.0-rc5+abc`: semantic versioning 2.0.0. */
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/**
 * Whether a config.json of this version can be run. Everything of major version 1 can, also what is newer than
 * this program or a pre-release: the specification promises compatibility, and engines write all sorts.
 */
export function versionSupport(version: string): 'supported' | 'other-major' | 'not-a-version' {
  const major = SEMVER.exec(version)?.[1];
  if (major === undefined) return 'not-a-version';
  return major === '1' ? 'supported' : 'other-major';
}
