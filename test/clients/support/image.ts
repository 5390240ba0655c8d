import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Under which every client knows the image. */
export const IMAGE = 'docker.io/library/busybox:test';
/** What is written in the documentation. */
const LATEST = 'docker.io/library/busybox:latest';

const PASSWD = ['root:x:0:0:root:/root:/bin/sh', 'user:x:1000:1000:user:/tmp:/bin/sh'];
const GROUP = ['root:x:0:', 'user:x:1000:', 'extra:x:2000:user'];
/** Programs that cannot be run, for the messages about them. */
const BROKEN: Readonly<Record<string, string>> = {
  'not-executable': '#!/bin/sh\n',
  'no-interpreter': '#!/no/such/interpreter\n',
  'wrong-format': 'no program\n',
};

/** Writes an image of a static busybox to `target`, in the format of `docker save`, which all clients import. */
export function makeImage(busybox: string, scratch: string, target: string, command: readonly string[] = ['sh']): void {
  const layers = path.join(scratch, 'image');
  fs.mkdirSync(layers);
  tar(makeRootfs(busybox, path.join(scratch, 'rootfs')), path.join(layers, 'layer.tar'));
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: command },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(fs.readFileSync(path.join(layers, 'layer.tar')))}`] },
    history: [{ created_by: 'a test' }],
  });
  const name = `${sha256(config)}.json`;
  fs.writeFileSync(path.join(layers, name), config);
  const manifest = [{ Config: name, RepoTags: [IMAGE, LATEST], Layers: ['layer.tar'] }];
  fs.writeFileSync(path.join(layers, 'manifest.json'), JSON.stringify(manifest));
  tar(layers, target);
}

function makeRootfs(busybox: string, rootfs: string): string {
  for (const directory of ['bin', 'etc', 'root', 'tmp', 'data'])
    fs.mkdirSync(path.join(rootfs, directory), { recursive: true });
  fs.chmodSync(path.join(rootfs, 'tmp'), 0o1777);
  fs.copyFileSync(busybox, path.join(rootfs, 'bin/busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n');
  for (const applet of applets)
    if (applet !== '' && applet !== 'busybox') fs.symlinkSync('busybox', path.join(rootfs, 'bin', applet));
  fs.writeFileSync(path.join(rootfs, 'etc/passwd'), `${PASSWD.join('\n')}\n`);
  fs.writeFileSync(path.join(rootfs, 'etc/group'), `${GROUP.join('\n')}\n`);
  for (const [name, text] of Object.entries(BROKEN))
    fs.writeFileSync(path.join(rootfs, 'bin', name), text, { mode: name === 'not-executable' ? 0o644 : 0o755 });
  return rootfs;
}

function tar(directory: string, target: string): void {
  execFileSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', directory, '-cf', target, '.']);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
