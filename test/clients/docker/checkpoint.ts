import { REMEMBERS, UNSAVABLE, WITHOUT_CRIU } from '../support/checkpoint.ts';
import type { Check } from '../support/checks.ts';

const RUN = `
docker run -d --name one $image ${REMEMBERS} > /dev/null
await 'docker exec one cat /word'; word=$(docker exec one cat /word)`;
const STILL_KNOWS = `
docker exec one rm /word; await 'docker exec one cat /word'
test "$(docker exec one cat /word)" = "$word" && echo still the same`;

/** What the experimental mode of the daemon has. */
export const checkpoint: readonly Check[] = [
  {
    name: 'on a machine without criu',
    command: `
docker run -d --name one $image sleep 60 > /dev/null; ${WITHOUT_CRIU}
docker checkpoint create one saved; echo $?; with_criu; status one`,
    stdout: '1\nrunning',
    stderr: /criu/,
    says: /criu: executable file not found in \$PATH/,
  },
  {
    name: 'checkpoint create, and start from it',
    needs: 'criu',
    command: `${RUN}
docker checkpoint create one saved; status one; docker checkpoint ls one | tail -n +2
docker start --checkpoint saved one; status one
${STILL_KNOWS}`,
    stdout: 'saved\nexited\nsaved\nrunning\nstill the same',
  },
  {
    name: 'checkpoint create --leave-running',
    needs: 'criu',
    command: `${RUN}
docker checkpoint create --leave-running one saved; status one
${STILL_KNOWS}`,
    stdout: 'saved\nrunning\nstill the same',
  },
  {
    name: 'what criu cannot save, and why',
    needs: 'criu',
    command: `
docker run -d --name one $image ${UNSAVABLE} > /dev/null; await 'docker exec one ls /ready'
docker checkpoint create one saved; echo $?; status one`,
    stdout: '1\nrunning',
    stderr: /criu/,
    says: /criu dump failed: .*ghost file/,
  },
];
