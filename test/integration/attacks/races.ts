import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { constants } from 'node:os';
import * as path from 'node:path';
import type { Json, Patch } from '../support/json.ts';
import { type Arena, OUT } from './arena.ts';

/** Something that whoever owns the rootfs exchanges all the time while containers are made of it. */
export interface Race {
  readonly name: string;
  /** Makes what is exchanged, and says what: paths in the bundle. */
  prepare(arena: Arena): readonly (readonly [string, string])[];
  /** Appended to the base configuration. */
  patch?(arena: Arena): Patch;
  /** Runs inside, and writes ESCAPED if it got what it should not have. */
  readonly script?: string;
  /** The one line of a create that noticed. */
  readonly says: RegExp;
  /** The exit status of a program that was exchanged for one that cannot run. */
  readonly dies?: number;
  /** A line of shell in the runtime's caller. */
  caller?(arena: Arena): string;
}

const mount = (...entries: Json[]): Patch => ({ '/mounts/-': entries });
const tmpfs = (destination: string): Json => ({ type: 'tmpfs', source: 'tmpfs', destination });
const bind = (source: string, destination: string): Json => ({
  type: 'bind',
  source,
  destination,
  options: ['bind', 'ro'],
});

/** No /dev, /dev/pts, /dev/shm and /dev/mqueue of its own: what the image has is used. */
const IMAGE_DEV: Patch = { '/mounts/1': undefined };

/** `name` in the rootfs is a directory, and half of the time a link. */
function linked(name: string, target: (arena: Arena) => string) {
  return (arena: Arena): [string, string][] => {
    const file = path.join(arena.rootfs, name);
    fs.mkdirSync(file, { recursive: true });
    fs.symlinkSync(target(arena), `${file}.link`);
    return [[`rootfs/${name}`, `rootfs/${name}.link`]];
  };
}

/** A file of the rootfs, which `make` makes, and half of the time a link. */
function replaced(name: string, target: (arena: Arena) => string, make: (file: string) => void) {
  return (arena: Arena): [string, string][] => {
    const file = path.join(arena.rootfs, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { recursive: true, force: true });
    make(file);
    fs.symlinkSync(target(arena), `${file}.link`);
    return [[`rootfs/${name}`, `rootfs/${name}.link`]];
  };
}

const toCanary = ({ canary }: Arena) => canary;
const canaryFile = ({ canary }: Arena) => path.join(canary, 'file');
const empty = (file: string) => fs.writeFileSync(file, '');
const nullDevice = (file: string) => execFileSync('mknod', ['-m', '666', file, 'c', '1', '3']);

/** Whether a procfs is anywhere that shows what is masked, or takes what is read-only. */
const UNMASKED = `for turn in 1 2 3 4 5 6 7 8; do for proc in /proc /proc.other; do
[ -f $proc/keys ] && echo ESCAPED: $proc/keys
[ -e $proc/self ] && (: >> $proc/sys/net/ipv4/ip_forward) && echo ESCAPED: $proc/sys
done; done`;

/** Whether the volume lies on a procfs, which has either name. */
const VOLUME_IN_PROCFS = `for turn in 1 2 3 4 5 6 7 8; do for proc in /proc /other; do {
procfs=
while read id parent device root point rest; do
  case "$root $rest" in "/ "*" - proc "*) procfs="$procfs $id ";; esac
  case "$root" in */volume) case "$procfs" in *" $parent "*) echo ESCAPED: $point; esac; esac
done < $proc/self/mountinfo; } 2>/dev/null; done; done; true`;

/** One row a class; the numbers are those of runc's and crun's own holes. */
export const RACES: readonly Race[] = [
  {
    name: 'a mount target becomes a link to the outside (CVE-2021-30465)',
    prepare: linked('srv/data', toCanary),
    patch: ({ volume }) => mount(tmpfs('/srv/data'), bind(volume, '/srv/data/deep/er')),
    says: /while|mount/,
  },
  {
    name: 'a mount target becomes a link that climbs out',
    prepare: linked('srv/data', () => `${OUT}/../canary`),
    patch: ({ volume }) => mount(tmpfs('/srv/data'), bind(volume, '/srv/data')),
    says: /mount/,
  },
  {
    name: 'a directory on the way to what is made becomes a link (CVE-2024-45310)',
    prepare: linked('srv/a', toCanary),
    patch: () => mount(tmpfs('/srv/a/b/c'), bind('/etc/passwd', '/srv/a/file')),
    says: /mount/,
  },
  {
    name: '/proc becomes a link (CVE-2019-19921, CVE-2023-27561)',
    prepare: linked('proc', ({ canary }) => path.join(canary, 'proc')),
    script: UNMASKED,
    says: /must be mounted on ordinary directory|is not what was mounted|too many levels of symbolic links/,
  },
  {
    name: '/sys becomes a link (CVE-2023-28642)',
    prepare: linked('sys', ({ canary }) => path.join(canary, 'sys')),
    script: '[ -e /sys/kernel ] && (: >> /sys/kernel/profiling) && echo ESCAPED',
    // The directory for the cgroup is looked for, made, and looked for again.
    says: /must be mounted on ordinary directory|is not what was mounted|too many levels of symbolic links|was there and is not/,
  },
  {
    name: '/proc is moved away after it was mounted, so that the masks miss it',
    prepare({ rootfs }) {
      fs.mkdirSync(path.join(rootfs, 'proc.other'));
      return [['rootfs/proc', 'rootfs/proc.other']];
    },
    script: UNMASKED,
    says: /is not what was mounted/,
  },
  {
    name: '/proc is moved to where a volume goes, and back again (CVE-2019-19921)',
    prepare({ rootfs }) {
      for (const name of ['proc', 'other']) fs.mkdirSync(path.join(rootfs, name, 'sys'), { recursive: true });
      return [['rootfs/proc', 'rootfs/other']];
    },
    patch: ({ volume }) => mount(bind(volume, '/other/sys')),
    script: VOLUME_IN_PROCFS,
    says: /is not what was mounted|is inside \/proc|mount/,
  },
  {
    name: '/dev becomes a link (CVE-2026-41579)',
    prepare: linked('dev', ({ canary }) => path.join(canary, 'dev')),
    patch: () => IMAGE_DEV,
    says: /dev/,
  },
  {
    name: '/dev/null becomes a link to a file of the kernel (CVE-2025-31133)',
    prepare: replaced('dev/null', () => '/proc/sysrq-trigger', nullDevice),
    patch: () => IMAGE_DEV,
    script: UNMASKED,
    says: /\/dev\/null/,
  },
  {
    name: '/dev/null becomes a pipe that nobody reads',
    prepare({ rootfs }) {
      nullDevice(path.join(rootfs, 'dev/null'));
      execFileSync('mkfifo', [path.join(rootfs, 'dev/null.other')]);
      return [['rootfs/dev/null', 'rootfs/dev/null.other']];
    },
    patch: () => IMAGE_DEV,
    script: UNMASKED,
    says: /\/dev\/null/,
  },
  {
    name: '/dev/console, /dev/pts and /dev/ptmx become links (CVE-2025-52565)',
    prepare: (arena) => [
      ...replaced('dev/console', ({ canary }) => path.join(canary, 'dev/console'), empty)(arena),
      ...linked('dev/pts', ({ canary }) => path.join(canary, 'dev/pts'))(arena),
      ...replaced('dev/ptmx', canaryFile, empty)(arena),
    ],
    patch: () => IMAGE_DEV,
    says: /dev/,
  },
  {
    name: 'masked and read-only paths become links',
    prepare: (arena) => [
      ...linked('srv/secret', toCanary)(arena),
      ...replaced('srv/file', canaryFile, empty)(arena),
      ...replaced(
        'srv/ro',
        () => '/proc/self/fd',
        (file) => fs.mkdirSync(file),
      )(arena),
    ],
    patch: () => ({
      '/linux/maskedPaths/-': ['/srv/secret', '/srv/file'],
      '/linux/readonlyPaths/-': ['/srv/ro', '/srv/secret'],
    }),
    script: UNMASKED,
    says: /paths/,
  },
  {
    name: 'sysctls are written while /proc is another (CVE-2025-52881)',
    prepare({ rootfs, canary }) {
      const fake = path.join(rootfs, 'proc.other/sys/net/ipv4');
      fs.mkdirSync(fake, { recursive: true });
      fs.symlinkSync(path.join(canary, 'file'), path.join(fake, 'ip_forward'));
      return [['rootfs/proc', 'rootfs/proc.other']];
    },
    patch: () => ({ '/linux/sysctl': { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4097' } }),
    script: 'read v < /proc/sys/kernel/msgmax && [ "$v" != 4097 ] && echo ESCAPED',
    says: /is not what was mounted/,
  },
  {
    name: 'the source of a bind mount becomes a file',
    prepare({ volume }) {
      fs.writeFileSync(path.join(volume, 'file'), '');
      return [['volume/data', 'volume/file']];
    },
    patch: ({ volume }) => mount(bind(path.join(volume, 'data'), '/srv/data')),
    says: /bind mount .*not a directory/i,
  },
  {
    name: 'the working directory becomes a link to a descriptor (CVE-2024-21626)',
    prepare: linked('srv/cwd', () => '/proc/self/fd/9'),
    patch: () => ({ '/process/cwd': '/srv/cwd' }),
    caller: ({ canary }) => `exec 9<${canary} 8<${canary} 7</`,
    script: 'ls; ls ..; pwd',
    says: /cwd|working directory|\/process\/cwd/,
  },
  {
    name: 'the program becomes a link to the runtime (CVE-2019-5736)',
    prepare(arena) {
      const program = fs.realpathSync(path.join(arena.rootfs, 'bin/true'));
      const copy = path.join(arena.rootfs, 'bin/true.copy');
      fs.copyFileSync(program, copy);
      return replaced(
        'bin/true',
        () => '/proc/self/exe',
        (file) => fs.renameSync(copy, file),
      )(arena);
    },
    patch: () => ({ '/process/args': ['/bin/true'] }),
    says: /exec|executable|program/,
    // The stub, which is what there is to be found, has nobody to talk to.
    dies: 128 + constants.signals.SIGSEGV,
  },
  {
    name: '/etc/passwd becomes a pipe, and a link to the outside',
    prepare({ rootfs, canary }) {
      execFileSync('mkfifo', [path.join(rootfs, 'etc/pipe')]);
      fs.symlinkSync(path.join(canary, 'passwd'), path.join(rootfs, 'etc/link'));
      return [
        ['rootfs/etc/passwd', 'rootfs/etc/pipe'],
        ['rootfs/etc/passwd', 'rootfs/etc/link'],
      ];
    },
    patch: () => ({ '/process/user': { uid: 1000, gid: 1000 } }),
    script: 'echo $HOME',
    says: /HOME|passwd/,
  },
  {
    name: 'the rootfs itself becomes a link',
    prepare({ bundle, canary }) {
      fs.symlinkSync(canary, path.join(bundle, 'rootfs.link'));
      return [['rootfs', 'rootfs.link']];
    },
    says: /rootfs/,
  },
];
