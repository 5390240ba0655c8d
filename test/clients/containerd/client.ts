import type { Client } from '../support/client.ts';
import { configuration } from '../support/configuration.ts';
import { PRELUDE } from '../support/prelude.ts';
import type { World } from '../support/world.ts';

const DAEMON = 'containerd --log-level warn';

/**
 * containerd, its shim and `ctr`. Its own shares of the CPU are taken away: a hierarchy without controllers refuses them,
 * with runc as well.
 */
export const client: Client = {
  name: 'containerd',
  programs: ['containerd', 'ctr', 'containerd-shim-runc-v2'],
  prelude: `${PRELUDE}
run() { ctr run --runc-binary "$RUNTIME" --cpu-shares 0 "$@"; }
running() { ctr task ls | grep -q "^$1 .*RUNNING"; }
stopped() { ctr task ls | grep -q "^$1 .*STOPPED"; }
start_daemon() { setsid ${DAEMON} > /dev/null 2>&1 & await 'ctr version'; }
`,
  reset: `
for task in $(ctr task ls -q); do ctr task delete --force "$task"; done > /dev/null 2>&1
for container in $(ctr container ls -q); do ctr container rm "$container"; done`,
  async open(world: World) {
    world.write('tsrunc.toml', configuration('containerd/tsrunc.toml', world.runtime));
    await world.daemon(DAEMON, 'ctr version');
    const { status, stderr } = await world.shell('ctr image import /run/world/image.tar');
    if (status !== 0) throw new Error(stderr);
  },
};
