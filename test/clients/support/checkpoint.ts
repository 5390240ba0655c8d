/**
 * For checks of checkpoint and restore: a program that remembers a word which nobody else knows, and writes it down when
 * it is not there. One that has been started anew knows another.
 */
export const REMEMBERS = `sh -c '
word=$(cat /proc/sys/kernel/random/uuid)
while :; do test -e /word || echo $word > /word; sleep 0.05; done'`;

/** A program that criu cannot save: it has a large file open that was removed. */
export const UNSAVABLE = `sh -c '
exec 3> /big; head -c 3000000 /dev/zero >&3; rm /big; touch /ready; sleep 60'`;

/** Shell: for the rest of the check the machine has no criu. `with_criu` has it again. */
export const WITHOUT_CRIU = `
criu=$(type -aP criu); for program in $criu; do mount --bind /dev/null $program; done
with_criu() { umount $criu; }`;
