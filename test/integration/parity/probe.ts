import { parseMountinfo } from '../support/host.ts';

/**
 * What a container's first process can tell about itself. The shell is that process: its own files in /proc are
 * read, not those of the programs it forks, because execve changes capabilities. It reads its status without a fork,
 * for a shell that has just forked may still have all signals blocked.
 */
const PROCESS = `
section() { echo "== $1"; }
section self; echo $$
section status; while IFS= read -r line; do printf '%s\\n' "$line"; done < /proc/$$/status
section limits; cat /proc/$$/limits
section cgroup; cat /proc/$$/cgroup
section environ; tr '\\0' '\\n' < /proc/$$/environ
section fd; for fd in /proc/$$/fd/*; do echo "\${fd##*/} $(readlink $fd)"; done
section flags; for fd in 0 1 2; do grep flags /proc/$$/fdinfo/$fd; done
section ns; for ns in /proc/$$/ns/*; do echo "\${ns##*/} $(readlink $ns)"; done
section stat; cat /proc/$$/stat
section umask; umask
section keys; cat /proc/keys 2>/dev/null
section one; for name in cwd root exe; do echo "$name $(readlink /proc/$$/$name)"; done
for file in oom_score_adj loginuid uid_map gid_map setgroups timens_offsets personality coredump_filter
do echo "$file $(cat /proc/$$/$file 2>&1)"; done
`;

/** A process that is not the first. */
export const EXEC_PROBE = `${PROCESS}section end\n`;

/** The same, and what its namespaces hold. */
export const PROBE = `${PROCESS}for file in hostname domainname; do echo "$file $(cat /proc/sys/kernel/$file 2>&1)"; done
for file in $PROBE_FILES; do echo "$file $(cat $file 2>&1 | tr '\\n' ' ')"; done
section mountinfo; cat /proc/$$/mountinfo
section net; for link in /sys/class/net/*; do echo "\${link##*/} $(cat $link/flags)"; done
section dev; find /dev -exec stat -c '%n %a %u:%g %t:%T %F' {} \\;
section links; for link in $(find /dev -type l); do echo "$link $(readlink $link)"; done
section root; { find / -maxdepth 1; find /srv -mindepth 1; } | xargs stat -c '%n %a %u:%g %F'
section masked; for path in $PROBE_MASKED; do ls -A $path 2>&1; head -c 1 $path 2>&1; done
section readonly; for path in / /proc /sys /dev /tmp $PROBE_WRITABLE
do touch $path/probe 2>/dev/null && echo "$path writable" || echo "$path not writable"; done
section end
`;

/** Facts by name, such as `status.CapEff` or `mount./dev/shm`. Order is a fact too. */
export type Observation = ReadonlyMap<string, string>;

/**
 * Reads the probe's output. `replace` lists what differs between two containers by their making: IDs, paths. The
 * process's own PID is told by that word.
 */
export function observe(output: string, replace: readonly (readonly [string, string])[]): Observation {
  const text = replace.reduce((whole, [from, to]) => whole.replaceAll(from, to), output);
  const sections = new Map(
    text
      .split(/^== /m)
      .slice(1)
      .map((part) => cut(part, '\n')),
  );
  if (!sections.has('end')) throw new Error(`the probe did not come to its end:\n${output}`);
  const pid = sections.get('self')?.trim();
  const facts = new Map<string, string>();
  for (const [name, body] of sections) {
    for (const [key, value] of read(name, body)) {
      const own = PID_FACTS.test(key || name) && value === pid;
      facts.set(key === '' ? name : `${name}.${key}`, own ? 'PID' : value);
    }
  }
  return facts;
}

const PID_FACTS = /^(self|NS(tgid|pid|pgid|sid)|pgrp|session)$/;

function read(section: string, body: string): [string, string][] {
  const lines = body.split('\n').filter((line) => line !== '');
  switch (section) {
    case 'status':
      return statusFacts(lines);
    case 'limits':
      return lines.slice(1).map((line) => [line.slice(0, 26).trim(), line.slice(26).trim().replace(/ +/g, ' ')]);
    case 'mountinfo':
      return mountFacts(body);
    case 'stat':
      return statFacts(body);
    case 'fd':
      return lines.map((line) => cut(line, ' ')).map(([fd, target]) => [fd, target.replace(/\d+/g, 'N')]);
    case 'ns':
      // The host's have been replaced by that word.
      return lines.map((line) => cut(line, ' ')).map(([name, link]) => [name, link === 'host' ? 'host' : 'own']);
    case 'keys':
      return keyFacts(lines);
    case 'dev':
    case 'links':
    case 'net':
    case 'one':
    case 'root':
      return lines.sort().map((line) => cut(line, ' '));
    default:
      return [['', lines.join('\n')]];
  }
}

/** The fields that a runtime has a hand in; the rest of the file counts memory and switches. */
const STATUS_FIELDS =
  /^(Umask|PPid|TracerPid|[UG]id|Groups|NS.*|Sig(Pnd|Blk|Ign|Cgt)|ShdPnd|Cap.*|NoNewPrivs|Seccomp.*|Spec.*|Cpus_allowed|Mems_allowed|Threads|THP_enabled|CoreDumping|VmLck)$/;

/** In the host's PID namespace a parent is the runtime or, a moment later, whoever inherits its children. */
function statusFacts(lines: readonly string[]): [string, string][] {
  const fields = lines.map((line) => cut(line, ':\t')).filter(([field]) => STATUS_FIELDS.test(field));
  return fields.map(([field, value]) => {
    if (field === 'SigIgn') return [field, withoutLibcSignals(value)];
    return [field, field === 'PPid' && value !== '0' ? 'outside' : value];
  });
}

/** Some callers' C library leaves its own signals 32 and 33 ignored in what it spawns; runc hands that on, tsrunc does not. */
function withoutLibcSignals(mask: string): string {
  return (BigInt(`0x${mask}`) & ~0x180000000n).toString(16).padStart(16, '0');
}

/** Session keyrings of this container: id, flags, usage, timeout, permissions, uid, gid, type, description. */
function keyFacts(lines: readonly string[]): [string, string][] {
  const keys = lines.map((line) => line.trim().split(/\s+/)).filter((key) => key.join(' ').includes('_ses.ID'));
  return keys.map((key) => [key.slice(7).join(' '), key.slice(4, 7).join(' ')]);
}

function mountFacts(body: string): [string, string][] {
  const mounts = parseMountinfo(body);
  const byId = new Map(mounts.map((mount) => [mount.id, mount.target]));
  const facts = mounts.map(({ parent, root, target, options, propagation, type, source, data }): [string, string] => {
    const groups = propagation.map((group) => group.replace(/\d+/, 'N')).join(' ');
    return [target, `${type} ${source} ${root} ${options} ${data} [${groups}] on ${byId.get(parent) ?? 'nothing'}`];
  });
  return [['order', mounts.map((mount) => mount.target).join('\n')], ...facts];
}

/** Fields of /proc/PID/stat that a runtime has a hand in, numbered as in proc(5). */
function statFacts(body: string): [string, string][] {
  const fields = body.slice(body.lastIndexOf(')') + 2).split(' ');
  const named = {
    pgrp: 5,
    session: 6,
    tty_nr: 7,
    tpgid: 8,
    priority: 18,
    nice: 19,
    exit_signal: 38,
    rt_priority: 40,
    policy: 41,
  };
  return Object.entries(named).map(([name, number]) => [name, fields[number - 3] ?? '']);
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
