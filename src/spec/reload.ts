import { isConfig } from '../../build/validators.ts';
import type { Config } from './config.ts';
import { parseJson } from './json.ts';

/**
 * Reads a configuration that {@link import('./load.ts').loadConfig} has accepted before and writeJson has written:
 * the copy in the state directory. Its rules are not checked again, its types are, as somebody may have changed it.
 * Throws JsonSyntaxError or TypeError.
 */
export function reloadConfig(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): Config {
  const { value } = parseJson(bytes, decode);
  if (!isConfig(value)) throw new TypeError('not a configuration of the OCI runtime specification');
  return value;
}
