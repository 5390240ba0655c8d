import type { Resources } from './config-linux.ts';
import { type JsonDocument, JsonSyntaxError, parseJson } from './json.ts';
import { place, syntaxProblem } from './load.ts';
import type { Problem } from './problem.ts';
import { checkSchema } from './validate/schema.ts';
import { OCI_VERSION } from './version.ts';

export interface LoadedResources {
  /** Absent if the text is not JSON or does not fit the schema. */
  readonly resources: Resources | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads a `linux.resources` that comes alone. Only the schema is checked: the rules are about a whole configuration,
 * and this is a part of one. Pointers are those of the part.
 */
export function loadResources(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): LoadedResources {
  let document: JsonDocument;
  try {
    document = parseJson(bytes, decode);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { resources: undefined, problems: [syntaxProblem(error)] };
  }
  const whole = { ociVersion: OCI_VERSION, linux: { resources: document.value } };
  const { config, faults } = checkSchema(whole, document.nulls.length > 0);
  const own = faults.map((fault) => ({ ...fault, pointer: fault.pointer.slice(POINTER.length) }));
  return { resources: config?.linux?.resources, problems: place(own, document) };
}

const POINTER = '/linux/resources';
