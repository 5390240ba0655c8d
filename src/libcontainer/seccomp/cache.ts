import { version } from '../../../package.json';
import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Seccomp } from '../../spec/config-linux.ts';
import { writeJson } from '../../spec/json.ts';
import type { Log } from '../host.ts';
import { CACHE_PREFIX, replaceFile } from '../store.ts';
import { sockFilter } from './bpf.ts';

/**
 * Programs that were compiled before, one file each under `--root`. The name is a hash, and only a place to look:
 * the file begins with all that the program depends on, and is used only if that is the same to the letter.
 * Whatever goes wrong here costs a compilation, and never a container.
 */
export class ProgramCache {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #directory: string;

  constructor(host: { readonly engine: Engine; readonly log: Log; readonly root: string }) {
    this.#engine = host.engine;
    this.#log = host.log;
    this.#directory = `${host.root}/${CACHE_PREFIX}seccomp`;
  }

  /** The program of `profile`, compiled by `compile` unless a file has it. */
  program(libraryVersion: string, profile: Seccomp, compile: () => Uint8Array): Uint8Array {
    const key = keyOf(libraryVersion, profile);
    const path = `${this.#directory}/${hash(key)}`;
    const cached = this.#read(path, key);
    if (cached) return cached;
    const program = compile();
    this.#write(path, key, program);
    return program;
  }

  #read(path: string, key: string): Uint8Array | undefined {
    let bytes: Uint8Array;
    try {
      bytes = this.#engine.files.read(path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) this.#log.debug(`seccomp cache: ${words(error)}`);
      return undefined;
    }
    const end = bytes.indexOf(0);
    const program = bytes.slice(end + 1);
    const whole = end > 0 && program.length > 0 && program.length % sockFilter.size === 0;
    return whole && this.#engine.decode(bytes.subarray(0, end)) === key ? program : undefined;
  }

  #write(path: string, key: string, program: Uint8Array): void {
    const head = this.#engine.encode(`${key}\0`);
    const bytes = new Uint8Array(head.length + program.length);
    bytes.set(head);
    bytes.set(program, head.length);
    try {
      this.#makeRoom();
      replaceFile(this.#engine, path, bytes, 0o600);
    } catch (error) {
      this.#log.debug(`seccomp cache: ${words(error)}`);
    }
  }

  /** A full cache starts anew: profiles are few, unless somebody generates them, and then none comes twice. */
  #makeRoom(): void {
    const { files } = this.#engine;
    try {
      files.mkdir(this.#directory, 0o700);
      return;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const names = files.readdir(this.#directory);
    if (names.length < MOST_FILES) return;
    for (const name of names) files.unlink(`${this.#directory}/${name}`);
  }
}

/** Without the listener's place, which the program does not depend on. */
function keyOf(libraryVersion: string, { listenerPath, listenerMetadata, flags, ...rules }: Seccomp): string {
  void [listenerPath, listenerMetadata, flags];
  return writeJson({ tsrunc: version, libseccomp: libraryVersion, rules });
}

/** 64 bits of FNV-1a, by two multipliers: JSON has no NUL, so that the key ends where its text does. */
function hash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x97c29b3a];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MOST_FILES = 64;
