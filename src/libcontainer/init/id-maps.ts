import { isErrno } from '../../engine/errors.ts';
import type { Config, IDMapping } from '../../spec/config.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { keepsGroups } from '../annotations.ts';
import type { Creation } from '../creation.ts';

/** Writes the ID maps of the user namespace that `pid` is in: one write each, as the kernel demands (user_namespaces(7)). */
export function writeMaps({ engine, config, facts }: Creation, pid: number): void {
  const write = (file: string, text: string): void => {
    const fd = engine.files.open(`/proc/${pid}/${file}`, ['O_WRONLY']);
    try {
      engine.files.write(fd, engine.encode(text));
    } finally {
      engine.files.close(fd);
    }
  };
  // Who may not map groups freely must give up setgroups first: it could shed a group that forbids (CVE-2014-8989).
  if (facts.rootless) attempt(() => write('setgroups', 'deny'));
  write('uid_map', mapText(config.linux?.uidMappings ?? []));
  write('gid_map', mapText(config.linux?.gidMappings ?? []));
}

/** Root of the user namespace that the process is in, and of no other. Where setgroups is denied there is none to shed. */
export function becomeRoot(kernel: RemoteKernel, config: Config): void {
  kernel.calls.setresgid(0, 0, 0);
  kernel.calls.setresuid(0, 0, 0);
  if (!keepsGroups(config)) kernel.may('EPERM').setgroups([]);
}

/** A kernel before 3.19 has no such file. */
function attempt(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function mapText(mappings: readonly IDMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}
