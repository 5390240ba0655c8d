import { mountOptions } from '../../../../src/libcontainer/rootfs/mount-options.ts';

/** The table of config.md, "Linux mount options": words by how much a runtime has to know them. */
const words: Readonly<Record<'MUST' | 'SHOULD' | 'MAY', string>> = {
  MUST: `async atime bind defaults dev diratime dirsync exec iversion lazytime
    loud noatime nodev nodiratime noexec noiversion nolazytime norelatime nostrictatime nosuid
    private rbind relatime remount ro rprivate rshared rslave runbindable rw
    shared silent slave strictatime suid sync unbindable`,
  SHOULD: `nosymfollow ratime rdev rdiratime rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime
    rnosuid rnosymfollow rrelatime rro rrw rstrictatime rsuid rsymfollow symfollow idmap
    ridmap`,
  MAY: `mand nomand tmpcopyup`,
};

const rows = Object.entries(words).flatMap(([level, text]) => text.split(/\s+/).map((word) => [word, level] as const));

test.each(rows)('%s (%s) is an option of a mount', (word) => {
  expect(Object.hasOwn(mountOptions, word)).toBe(true);
});

test('the table has all of them', () => {
  expect(rows).toHaveLength(61);
});
