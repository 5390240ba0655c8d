import type { Config } from '../spec/config.ts';

/** Annotations that change what is done. They are crun's, whose users know them. */
export const annotations = {
  /** `1`: the supplementary groups of the caller stay the container's. */
  keepOriginalGroups: 'run.oci.keep_original_groups',
  /** Which of mount(8)'s SELinux options gets `linux.mountLabel`. */
  mountContextType: 'run.oci.mount_context_type',
} as const;

export function keepsGroups(config: Config): boolean {
  return config.annotations?.[annotations.keepOriginalGroups] === '1';
}
