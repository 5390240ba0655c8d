import type { Client } from '../support/client.ts';
import { configuration } from '../support/configuration.ts';
import { IMAGE } from '../support/image.ts';
import { PRELUDE } from '../support/prelude.ts';
import type { World } from '../support/world.ts';
import { makePodImage } from './pod-image.ts';

/** Where Debian has its plugins for networks. */
export const CNI = '/usr/lib/cni';

/** With what the tests need besides: an image for the pods themselves, networks, and no limits. */
const ADDED = `
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${IMAGE}"
  # A hierarchy without controllers refuses the shares of the CPU that every pod gets, with runc as well.
  disable_cgroup = true
  # The pod’s -998 takes CAP_SYS_RESOURCE, which the tests may not have.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI}"
    conf_dir = "/run/world/cni"
`;

const NETWORK = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: '10.22.0.0/16' }]], dataDir: '/run/world/addresses' },
    },
  ],
};

const DAEMON = 'containerd --config /run/world/config.toml --log-level warn';

/** containerd's CRI plugin, configured by the file of packaging/. What kubelet.ts calls is taken away by it, too. */
export const client: Client = {
  name: 'Kubernetes',
  programs: ['containerd', 'ctr', 'containerd-shim-runc-v2'],
  prelude: `${PRELUDE}
stop_daemon() { kill $(pgrep -x containerd); await '! pgrep -x containerd'; }
start_daemon() { setsid ${DAEMON} > /dev/null 2>&1 & await 'ctr -n k8s.io version'; }
`,
  reset: '',
  async open(world: World) {
    const given = configuration('containerd/tsrunc.toml', world.runtime);
    world.write('config.toml', given.replace('SystemdCgroup = true', 'SystemdCgroup = false') + ADDED);
    await world.shell('mkdir /run/world/cni');
    world.write('cni/pods.conflist', JSON.stringify(NETWORK));
    await world.daemon(DAEMON, 'ctr version');
    makePodImage(world.pathOf('/run/world/pods.tar'));
    const { status, stderr } = await world.shell('ctr -n k8s.io image import /run/world/pods.tar');
    if (status !== 0) throw new Error(stderr);
  },
};
