import type { IDMapping } from '../../spec/config.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { Creation } from '../creation.ts';

/** Writes the ID maps of the user namespace that `pid` is in: one write each, as the kernel demands (user_namespaces(7)). */
export function writeMaps({ engine, config }: Creation, pid: number): void {
  const write = (file: string, text: string): void => {
    const fd = engine.files.open(`/proc/${pid}/${file}`, ['O_WRONLY']);
    try {
      engine.files.write(fd, engine.encode(text));
    } finally {
      engine.files.close(fd);
    }
  };
  write('uid_map', mapText(config.linux?.uidMappings ?? []));
  write('gid_map', mapText(config.linux?.gidMappings ?? []));
}

/** Root of the user namespace that the process is in, and of no other. */
export function becomeRoot({ calls }: RemoteKernel): void {
  calls.setresgid(0, 0, 0);
  calls.setresuid(0, 0, 0);
  calls.setgroups([]);
}

function mapText(mappings: readonly IDMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}
