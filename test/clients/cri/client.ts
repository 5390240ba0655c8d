import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { which } from '../../integration/support/host.ts';
import type { Client } from '../support/client.ts';
import { configuration } from '../support/configuration.ts';
import { makeImage } from '../support/image.ts';
import { PRELUDE } from '../support/prelude.ts';
import type { World } from '../support/world.ts';

/** What holds a pod's namespaces. */
const PAUSE = 'docker.io/library/pause:test';

/** With what the tests need besides: an image for the pods themselves, networks, and no limits. */
const ADDED = `
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  # A hierarchy without controllers refuses the shares of the CPU that every pod gets, with runc as well.
  disable_cgroup = true
  # The pod’s -998 takes CAP_SYS_RESOURCE, which the tests may not have.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
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

/** containerd's CRI plugin. `client.ts` of its own kind: what is typed elsewhere is called by gRPC here. */
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
    makePause(world.pathOf('/run/world/pause.tar'));
    const { status, stderr } = await world.shell(
      'for image in image pause; do ctr -n k8s.io image import /run/world/$image.tar || exit; done',
    );
    if (status !== 0) throw new Error(stderr);
  },
};

function makePause(target: string): void {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-pause-'));
  try {
    makeImage(which('busybox') ?? '', scratch, target, { tags: [PAUSE], command: ['sleep', '1000000'] });
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}
