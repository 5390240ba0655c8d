import { REMEMBERS, UNSAVABLE, WITHOUT_CRIU } from '../support/checkpoint.ts';
import type { Check } from '../support/checks.ts';

const RUN = `
podman run -d --name one --network none $image ${REMEMBERS} > /dev/null
await 'podman exec one cat /word'; word=$(podman exec one cat /word)`;
const STILL_KNOWS = (name: string) => `
podman exec ${name} rm /word; await 'podman exec ${name} cat /word'
test "$(podman exec ${name} cat /word)" = "$word" && echo still the same`;

export const checkpoint: readonly Check[] = [
  {
    name: 'on a machine without criu',
    command: `
podman run -d --name one --network none $image sleep 60 > /dev/null; ${WITHOUT_CRIU}
podman container checkpoint one; echo $?; with_criu; status one`,
    stdout: '125\nrunning',
    stderr: /criu/i,
  },
  {
    name: 'container checkpoint, container restore',
    needs: 'criu',
    command: `${RUN}
podman container checkpoint one; status one
podman container restore one; status one
${STILL_KNOWS('one')}`,
    stdout: 'one\nexited\none\nrunning\nstill the same',
  },
  {
    name: 'checkpoint --leave-running',
    needs: 'criu',
    command: `${RUN}
podman container checkpoint --leave-running one; status one
${STILL_KNOWS('one')}`,
    stdout: 'one\nrunning\nstill the same',
  },
  {
    name: 'checkpoint --export, restore --import under another name',
    needs: 'criu',
    command: `${RUN}
podman container checkpoint --export /tmp/saved.tar.gz --compress gzip one > /dev/null; podman rm one > /dev/null
podman container restore --import /tmp/saved.tar.gz --name two > /dev/null; status two
${STILL_KNOWS('two')}`,
    stdout: 'running\nstill the same',
  },
  {
    name: 'what criu cannot save, and why',
    needs: 'criu',
    command: `
podman run -d --name one --network none $image ${UNSAVABLE} > /dev/null; await 'podman exec one ls /ready'
podman container checkpoint one; echo $?; status one`,
    stdout: '125\nrunning',
    stderr: /criu/,
    says: /criu dump failed: .*ghost file/,
  },
  {
    name: 'checkpoint of a paused one is refused',
    command: `
podman run -d --name one --network none $image sleep 60 > /dev/null; podman pause one > /dev/null
podman container checkpoint one; echo $?; status one`,
    stdout: '125\npaused',
    stderr: /not running, cannot checkpoint/,
  },
];
