import { version } from '../../../package.json';
import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Seccomp } from '../../spec/config-linux.ts';
import { writeJson } from '../../spec/json.ts';
import type { Log } from '../host.ts';
import { CACHE_PREFIX, replaceFile, temporaryOf } from '../store.ts';
import { sockFilter } from './bpf.ts';

/**
 * Programs that were compiled before, one file each under `--root`: what the program was made of, a NUL, the
 * program. The name is a hash, and only a place to look; the file is used if what it was made of is the same to the
 * letter, and that includes the file of the library, so that a hit does not even load it. Whatever goes wrong
 * here costs a compilation, and never a container.
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

  /** The program of `profile`, made by `compile` unless a file has it. */
  program(profile: Seccomp, compile: () => Compiled): Uint8Array {
    const rules = rulesOf(profile);
    const path = `${this.#directory}/${hash(this.#engine.encode(rules))}`;
    const cached = this.#read(path, rules);
    if (cached) return cached;
    const { program, library } = compile();
    if (library !== undefined) this.#write(path, library, rules, program);
    return program;
  }

  /** Paths of the files that can be of no use any more: of another version, or of a library that was replaced. */
  stale(): string[] {
    return this.#names()
      .filter((name) => temporaryOf(name) === undefined)
      .map((name) => `${this.#directory}/${name}`)
      .filter((path) => !this.#isCurrent(path));
  }

  #isCurrent(path: string): boolean {
    try {
      const key = keyOf(this.#engine.decode(this.#engine.files.read(path)));
      const [identity = '', rules = ''] = key.split('\n', 2);
      const library = identity.slice(0, identity.indexOf(' '));
      return identity === this.#identity(library) && rules.startsWith(`{"tsrunc":${JSON.stringify(version)},`);
    } catch {
      return false;
    }
  }

  #names(): string[] {
    try {
      return this.#engine.files.readdir(this.#directory).sort();
    } catch {
      return [];
    }
  }

  #read(path: string, rules: string): Uint8Array | undefined {
    try {
      const bytes = this.#engine.files.read(path);
      const end = bytes.indexOf(0);
      const program = bytes.slice(end + 1);
      if (end < 0 || program.length === 0 || program.length % sockFilter.size !== 0) return undefined;
      const key = this.#engine.decode(bytes.subarray(0, end));
      const library = key.slice(0, key.indexOf(' '));
      return key === `${this.#identity(library)}\n${rules}` ? program : undefined;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) this.#log.debug(`seccomp cache: ${words(error)}`);
      return undefined;
    }
  }

  /** A library that was updated or replaced is another file. */
  #identity(library: string): string {
    const { dev, ino, size } = this.#engine.files.stat(library);
    return `${library} ${dev} ${ino} ${size}`;
  }

  #write(path: string, library: string, rules: string, program: Uint8Array): void {
    try {
      const head = this.#engine.encode(`${this.#identity(library)}\n${rules}\0`);
      const bytes = new Uint8Array(head.length + program.length);
      bytes.set(head);
      bytes.set(program, head.length);
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

export interface Compiled {
  readonly program: Uint8Array;
  /** The file of the library that made it; undefined: it cannot be named, and the program not kept. */
  readonly library: string | undefined;
}

/** All that a program is made of besides the library. Flags and listener go with the loading. */
function rulesOf({ defaultAction, defaultErrnoRet, architectures, syscalls }: Seccomp): string {
  const rules = { tsrunc: version, defaultAction, defaultErrnoRet, architectures, syscalls };
  try {
    return JSON.stringify(rules);
  } catch {
    // Not for a bigint, which only values above 2^53 are; ours is slower.
    return writeJson(rules);
  }
}

/**
 * FNV-1a of the length and some of the 32-bit words, by two multipliers. Not of all: a profile takes 6 to 10 KB, this
 * runs before anything is optimised, and all of them took a millisecond. Two profiles that differ between the samples
 * only displace each other's file, which costs a compilation.
 */
function hash(bytes: Uint8Array): string {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  const step = Math.ceil(words.length / SAMPLES);
  let a = 0x811c9dc5 ^ bytes.length;
  let b = 0x97c29b3a ^ bytes.length;
  for (let i = 0; i < words.length; i += step) {
    const word = words[i] ?? 0;
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ word, 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

function keyOf(text: string): string {
  return text.slice(0, Math.max(0, text.indexOf('\0')));
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MOST_FILES = 64;
const SAMPLES = 256;
