import { version } from '../../package.json';
import { OCI_VERSION } from '../spec/version.ts';

/** The build puts the commit here (esbuild's `define`); what runs from source has none. */
declare const TSRUNC_COMMIT: string | undefined;

const commit = typeof TSRUNC_COMMIT === 'string' ? TSRUNC_COMMIT : undefined;

export { commit, version };

/**
 * The answer to `--version`. Clients look for a line with `version` in it and one that begins with `commit:`,
 * in what both standard streams hold.
 */
export function versionText(program: string): string {
  return `${program} version ${version}\ncommit: ${commit ?? 'unknown'}\nspec: ${OCI_VERSION}\n`;
}
