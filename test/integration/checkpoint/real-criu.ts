import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { which } from '../support/host.ts';

/**
 * A criu that can save and restore a process on this kernel: the machine's, that of TSRUNC_CRIU, or a newer one of
 * Debian's that is unpacked into a directory of its own, once for all runs. Or why there is none.
 */
export type Found = Criu | { readonly reason: string };

export interface Criu {
  /** Where the program is. */
  readonly directory: string;
  /** What must be there as well, if it is none of the system's. */
  readonly tree?: string;
}

export function realCriu(): Found {
  if (process.getuid?.() !== 0) return { reason: 'criu needs root' };
  const named = process.env['TSRUNC_CRIU'];
  const own = named ?? which('criu');
  if (own !== undefined && works(own))
    return { directory: path.dirname(own), ...(named !== undefined && { tree: path.dirname(own) }) };
  if (named !== undefined) return { reason: `${named} cannot save and restore a process here` };
  try {
    const unpacked = unpackedCriu();
    if (works(unpacked)) return { directory: path.dirname(unpacked), tree: CACHE };
    return { reason: 'neither the machine’s criu nor a newer one can save and restore a process here' };
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** Tried by criu's own command line. The shell waits for the process, for its PID must be free again. */
function works(criu: string): boolean {
  const images = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-criu-trial-'));
  const trial = `
    setsid sleep 30 </dev/null >/dev/null 2>&1 & pid=$!
    sleep 0.2
    "$0" dump -t $pid -D "$1" || { kill -KILL $pid; exit 1; }
    wait $pid
    "$0" restore -d -D "$1" && kill -KILL $pid`;
  try {
    return spawnSync('sh', ['-c', trial, criu, images], { stdio: 'ignore', timeout: 20_000 }).status === 0;
  } finally {
    fs.rmSync(images, { recursive: true, force: true });
  }
}

/** Its libraries are newer than the machine's, so it is started by its own loader. */
function unpackedCriu(): string {
  const program = path.join(CACHE, 'bin', 'criu');
  if (fs.existsSync(program)) {
    // The place is known to everybody, and what lies there is going to be executed.
    if (fs.lstatSync(CACHE).uid !== 0) throw new Error(`${CACHE} is not root’s`);
    return program;
  }
  if (which('debootstrap') === undefined) throw new Error('there is no debootstrap to fetch a newer criu with');
  const partial = fs.mkdtempSync(`${CACHE}-`);
  try {
    const root = path.join(partial, 'root');
    const fetched = ['--variant=minbase', '--include=criu', '--download-only', 'sid', root];
    execFileSync('debootstrap', fetched, { stdio: 'ignore', timeout: FETCH_MS });
    const archives = path.join(root, 'var/cache/apt/archives');
    const tree = path.join(partial, 'tree');
    for (const name of fs.readdirSync(archives).filter((file) => /^(criu|lib).*\.deb$/.test(file)))
      execFileSync('dpkg-deb', ['-x', path.join(archives, name), tree], { timeout: 30_000 });
    fs.rmSync(root, { recursive: true });
    write(partial, CACHE);
    fs.renameSync(partial, CACHE);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(program)) throw error;
  }
  return program;
}

/** Below `place`, for when that is at `later`. */
function write(place: string, later: string): void {
  const tree = path.join(place, 'tree/usr');
  const loader = ['lib64', 'lib'].flatMap((directory) =>
    entries(path.join(tree, directory))
      .filter((name) => /^ld-linux.*\.so/.test(name))
      .map((name) => `${directory}/${name}`),
  )[0];
  const libraries = entries(path.join(tree, 'lib')).filter((name) => name.endsWith('-linux-gnu'));
  if (loader === undefined) throw new Error('the newer criu has come without a loader');
  const at = path.join(later, 'tree/usr');
  const words = [`${at}/${loader}`, '--library-path', libraries.map((name) => `${at}/lib/${name}`).join(':')];
  fs.mkdirSync(path.join(place, 'bin'));
  fs.writeFileSync(
    path.join(place, 'bin/criu'),
    `#!/bin/sh\nexec ${[...words, `${at}/sbin/criu`].map((word) => `'${word}'`).join(' ')} "$@"\n`,
    { mode: 0o755 },
  );
}

function entries(directory: string): string[] {
  return fs.existsSync(directory) ? fs.readdirSync(directory) : [];
}

const FETCH_MS = 240_000;
const CACHE = path.join(os.tmpdir(), 'tsrunc-newer-criu');
