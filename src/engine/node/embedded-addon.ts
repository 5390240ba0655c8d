import * as fs from 'node:fs';
import type { Addon } from './addon.ts';

/**
 * Loads ffi-rs's addon out of the executable. dlopen wants a file: the bytes go into one that has no name
 * and never had, so that nobody can change it or put another in its place.
 */
export function loadEmbeddedAddon(): Addon {
  // Loaded here and not above: Node warns of the module where a snapshot is made.
  const { getRawAsset } = process.getBuiltinModule('node:sea');
  const bytes = new Uint8Array(getRawAsset('ffi-rs.node'));
  const failures: string[] = [];
  for (const directory of ['/run', '/dev/shm', '/tmp', '/var/tmp']) {
    try {
      return loadFrom(directory, bytes);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`cannot load the system call binding: ${failures.join('; ')}`);
}

function loadFrom(directory: string, bytes: Uint8Array): Addon {
  const fd = fs.openSync(directory, O_TMPFILE | fs.constants.O_RDWR, 0o500);
  try {
    fs.writeFileSync(fd, bytes);
    const module = { exports: {} };
    process.dlopen(module, `/proc/self/fd/${fd}`);
    return module.exports as Addon;
  } finally {
    fs.closeSync(fd);
  }
}

const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY;
