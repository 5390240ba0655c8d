import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { which } from '../../integration/support/host.ts';
import { makeImage } from '../support/image.ts';

/** The image of all containers, and of what holds a pod's namespaces: without another command it stays. */
export function makePodImage(target: string): void {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-pods-'));
  try {
    makeImage(which('busybox') ?? '', scratch, target, ['sleep', '1000000']);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}
