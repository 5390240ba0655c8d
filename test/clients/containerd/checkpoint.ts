import { REMEMBERS, UNSAVABLE, WITHOUT_CRIU } from '../support/checkpoint.ts';
import type { Check } from '../support/checks.ts';

const IN = 'ctr task exec --exec-id e one';
/** criu does not save the pipes that ctr reads from. */
const RUN = `
run -d --null-io $image one ${REMEMBERS}; await '${IN} cat /word'; word=$(${IN} cat /word)`;
const STILL_KNOWS = `
${IN} rm /word; await '${IN} cat /word'; test "$(${IN} cat /word)" = "$word" && echo still the same`;
const SAVE = 'ctr task checkpoint --image-path /tmp/saved-$$ --work-path /tmp/work-$$';

export const checkpoint: readonly Check[] = [
  {
    name: 'on a machine without criu',
    command: `
run -d --null-io $image one sleep 60; ${WITHOUT_CRIU}
${SAVE} one; echo $?; with_criu; running one`,
    stdout: '1',
    stderr: /criu/,
    says: /criu: executable file not found in \$PATH/,
  },
  {
    name: 'checkpoint',
    needs: 'criu',
    command: `${RUN}; ${SAVE} one && running one; ls /tmp/saved-$$/inventory.img | wc -l; ${STILL_KNOWS}`,
    stdout: '1\nstill the same',
  },
  {
    name: 'checkpoint --exit',
    needs: 'criu',
    command: `${RUN}; ${SAVE} --exit one; stopped one && ls /tmp/saved-$$/inventory.img | wc -l`,
    stdout: '1',
  },
  {
    name: 'container checkpoint --task, and restore --live of what became of it',
    needs: 'criu',
    command: `${RUN}
ctr container checkpoint --task --rw --image one saved/one
ctr task delete --force one 2> /dev/null; ctr container rm one
ctr container restore --live --rw one saved/one; running one && ${STILL_KNOWS}`,
    stdout: 'still the same',
  },
  {
    name: 'what criu cannot save, and why',
    needs: 'criu',
    command: `run -d --null-io $image one ${UNSAVABLE}; await '${IN} ls /ready'; ${SAVE} one; echo $?; running one`,
    stdout: '1',
    stderr: /criu/,
    says: /criu dump failed: .*ghost file/,
  },
];
