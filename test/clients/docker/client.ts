import type { Client } from '../support/client.ts';
import { configuration } from '../support/configuration.ts';
import { PRELUDE } from '../support/prelude.ts';
import type { World } from '../support/world.ts';

/** With a bridge and the proxy for ports, but without netfilter, which the machine may not have. */
const DAEMON = [
  'dockerd --config-file /run/world/daemon.json --default-runtime tsrunc --live-restore --experimental',
  '--iptables=false --ip-masq=false --log-level warn --pidfile /run/dockerd.pid',
].join(' ');

/** dockerd with a containerd of its own, and `docker`. */
export const client: Client = {
  name: 'Docker',
  programs: ['dockerd', 'docker', 'docker-init', 'docker-proxy', 'containerd', 'containerd-shim-runc-v2'],
  prelude: `${PRELUDE}
image=busybox:test
status() { docker inspect --format '{{.State.Status}}' "$1"; }
stop_daemon() { kill "$(cat /run/dockerd.pid)"; await '! pgrep -x dockerd'; }
start_daemon() { setsid ${DAEMON} > /dev/null 2>&1 & await 'docker version'; }
`,
  reset: `
docker ps -aq | xargs -r docker rm -f > /dev/null
docker volume ls -q | xargs -r docker volume rm > /dev/null`,
  async open(world: World) {
    world.write('daemon.json', configuration('docker/daemon.json', world.runtime));
    await world.daemon(DAEMON, 'docker version');
    const { status, stderr } = await world.shell('docker load -q -i /run/world/image.tar');
    if (status !== 0) throw new Error(stderr);
  },
};
