import type { Client } from '../support/client.ts';
import { configuration } from '../support/configuration.ts';
import { PRELUDE } from '../support/prelude.ts';
import type { World } from '../support/world.ts';

/** Two names for the runtime under test: from one podman reads its log, of the other it knows the streams only. */
const CONFIGURATION = (runtime: string) => `
[containers]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "tested"
runtime_supports_json = ["tested"]
[engine.runtimes]
tested = ["${runtime}"]
plain = ["${runtime}"]
`;

/**
 * podman and conmon; no daemon. The limit of processes that it sets by itself is taken away: a hierarchy without
 * controllers refuses it, with runc as well.
 */
export const client: Client = {
  name: 'podman',
  programs: ['podman', 'conmon', 'newuidmap'],
  prelude: `${PRELUDE}
export CONTAINERS_CONF=/run/world/containers.conf
status() { podman inspect --format '{{.State.Status}}' "$1"; }
unprivileged() {
  setpriv --reuid 1000 --regid 1000 --init-groups env HOME=/home/user USER=user XDG_RUNTIME_DIR=/run/user/1000 \\
    CONTAINERS_CONF=$CONTAINERS_CONF RUNTIME="$RUNTIME" image="$image" "$@"
}
`,
  reset: `
export CONTAINERS_CONF=/run/world/containers.conf
podman pod rm --all --force --time 0 > /dev/null
podman rm --all --force --time 0 > /dev/null
podman volume rm --all --force > /dev/null`,
  async open(world: World) {
    world.write('containers.conf', CONFIGURATION(world.runtime));
    world.write('tsrunc.conf', configuration('podman/tsrunc.conf', world.runtime));
    world.write('passwd', 'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\n');
    world.write('subids', 'user:200000:65536\n');
    const { status, stderr } = await world.shell(`
set -e
for file in passwd:passwd subids:subuid subids:subgid; do mount --bind /run/world/\${file%%:*} /etc/\${file##*:}; done
install -d -o 1000 -g 1000 /home/user
install -d -o 1000 -g 1000 -m 700 /run/user/1000
CONTAINERS_CONF=/run/world/containers.conf podman load -q -i /run/world/image.tar`);
    if (status !== 0) throw new Error(stderr);
  },
};
