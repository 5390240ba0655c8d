import { flag, message, number, type Type, text } from '../../../src/libcontainer/checkpoint/wire.ts';

/** The messages of the Container Runtime Interface, version 1, as far as the tests say or read them. */

/** Of a network, of PIDs, of IPC: whose it is. */
export const Namespace = { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 } as const;
export const Propagation = { PRIVATE: 0, HOST_TO_CONTAINER: 1, BIDIRECTIONAL: 2 } as const;
export const Seccomp = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const;
export const PodState = ['READY', 'NOTREADY'] as const;
export const ContainerState = ['CREATED', 'RUNNING', 'EXITED', 'UNKNOWN'] as const;

/** A map is a list of these. */
const pair = message({ key: [1, text], value: [2, text] });
/** A number that may be zero and yet be said. */
const wrapped = message({ value: [1, number] });

export const namespaceOptions = message({
  network: [1, number],
  pid: [2, number],
  ipc: [3, number],
  target_id: [4, text],
});
const profile = message({ profile_type: [1, number], localhost_ref: [2, text] });
const image = message({ image: [1, text] });

export const linuxResources = message({
  cpu_period: [1, number],
  cpu_quota: [2, number],
  cpu_shares: [3, number],
  memory_limit_in_bytes: [4, number],
  oom_score_adj: [5, number],
  unified: [9, pair, 'repeated'],
});

const podMetadata = message({ name: [1, text], uid: [2, text], namespace: [3, text], attempt: [4, number] });

export const podConfig = message({
  metadata: [1, podMetadata],
  hostname: [2, text],
  log_directory: [3, text],
  dns_config: [4, message({ servers: [1, text, 'repeated'], searches: [2, text, 'repeated'] })],
  labels: [6, pair, 'repeated'],
  annotations: [7, pair, 'repeated'],
  linux: [
    8,
    message({
      cgroup_parent: [1, text],
      security_context: [
        2,
        message({
          namespace_options: [1, namespaceOptions],
          run_as_user: [3, wrapped],
          readonly_rootfs: [4, flag],
          privileged: [6, flag],
          seccomp: [9, profile],
        }),
      ],
      sysctls: [3, pair, 'repeated'],
    }),
  ],
});

const mount = message({
  container_path: [1, text],
  host_path: [2, text],
  readonly: [3, flag],
  propagation: [5, number],
});

export const securityContext = message({
  capabilities: [1, message({ add_capabilities: [1, text, 'repeated'], drop_capabilities: [2, text, 'repeated'] })],
  privileged: [2, flag],
  namespace_options: [3, namespaceOptions],
  run_as_user: [5, wrapped],
  run_as_username: [6, text],
  readonly_rootfs: [7, flag],
  supplemental_groups: [8, number, 'repeated'],
  no_new_privs: [11, flag],
  run_as_group: [12, wrapped],
  masked_paths: [13, text, 'repeated'],
  readonly_paths: [14, text, 'repeated'],
  seccomp: [15, profile],
});

const containerMetadata = message({ name: [1, text], attempt: [2, number] });

export const containerConfig = message({
  metadata: [1, containerMetadata],
  image: [2, image],
  command: [3, text, 'repeated'],
  args: [4, text, 'repeated'],
  working_dir: [5, text],
  envs: [6, pair, 'repeated'],
  mounts: [7, mount, 'repeated'],
  devices: [8, message({ container_path: [1, text], host_path: [2, text], permissions: [3, text] }), 'repeated'],
  labels: [9, pair, 'repeated'],
  log_path: [11, text],
  stdin: [12, flag],
  tty: [14, flag],
  linux: [15, message({ resources: [1, linuxResources], security_context: [2, securityContext] })],
});

const podStatus = message({
  id: [1, text],
  metadata: [2, podMetadata],
  state: [3, number],
  network: [5, message({ ip: [1, text] })],
  labels: [7, pair, 'repeated'],
  runtime_handler: [9, text],
});

const containerStatus = message({
  id: [1, text],
  metadata: [2, containerMetadata],
  state: [3, number],
  created_at: [4, number],
  started_at: [5, number],
  finished_at: [6, number],
  exit_code: [7, number],
  reason: [10, text],
  message: [11, text],
  log_path: [15, text],
});

const stats = message({
  attributes: [1, message({ id: [1, text], metadata: [2, containerMetadata] })],
  cpu: [2, message({ timestamp: [1, number], usage_core_nano_seconds: [2, wrapped] })],
  memory: [3, message({ timestamp: [1, number], working_set_bytes: [2, wrapped] })],
  writable_layer: [4, message({ timestamp: [1, number], used_bytes: [3, wrapped], inodes_used: [4, wrapped] })],
});

const nothing = message({});
const pod = message({ pod_sandbox_id: [1, text] });
const container = message({ container_id: [1, text] });
const condition = message({ type: [1, text], status: [2, flag], reason: [3, text], message: [4, text] });

/** A call: where, what is sent, and what comes back. */
export interface Rpc<Q, A> {
  readonly path: string;
  readonly question: Type<Q>;
  readonly answer: Type<A>;
}

function runtime<Q, A>(name: string, question: Type<Q>, answer: Type<A>): Rpc<Q, A> {
  return { path: `/runtime.v1.RuntimeService/${name}`, question, answer };
}

export const Version = runtime(
  'Version',
  nothing,
  message({ runtime_name: [2, text], runtime_version: [3, text], runtime_api_version: [4, text] }),
);
export const Status = runtime(
  'Status',
  nothing,
  message({ status: [1, message({ conditions: [1, condition, 'repeated'] })] }),
);
export const RunPodSandbox = runtime(
  'RunPodSandbox',
  message({ config: [1, podConfig], runtime_handler: [2, text] }),
  pod,
);
export const StopPodSandbox = runtime('StopPodSandbox', pod, nothing);
export const RemovePodSandbox = runtime('RemovePodSandbox', pod, nothing);
export const PodSandboxStatus = runtime('PodSandboxStatus', pod, message({ status: [1, podStatus] }));
export const ListPodSandbox = runtime(
  'ListPodSandbox',
  message({ filter: [1, message({ id: [1, text], label_selector: [3, pair, 'repeated'] })] }),
  message({ items: [1, message({ id: [1, text], metadata: [2, podMetadata], state: [3, number] }), 'repeated'] }),
);
export const CreateContainer = runtime(
  'CreateContainer',
  message({ pod_sandbox_id: [1, text], config: [2, containerConfig], sandbox_config: [3, podConfig] }),
  container,
);
export const StartContainer = runtime('StartContainer', container, nothing);
export const StopContainer = runtime(
  'StopContainer',
  message({ container_id: [1, text], timeout: [2, number] }),
  nothing,
);
export const RemoveContainer = runtime('RemoveContainer', container, nothing);
export const ListContainers = runtime(
  'ListContainers',
  message({ filter: [1, message({ id: [1, text], pod_sandbox_id: [3, text] })] }),
  message({ containers: [1, message({ id: [1, text], state: [6, number] }), 'repeated'] }),
);
export const ContainerStatus = runtime('ContainerStatus', container, message({ status: [1, containerStatus] }));
export const UpdateContainerResources = runtime(
  'UpdateContainerResources',
  message({ container_id: [1, text], linux: [2, linuxResources] }),
  nothing,
);
export const ReopenContainerLog = runtime('ReopenContainerLog', container, nothing);
export const ExecSync = runtime(
  'ExecSync',
  message({ container_id: [1, text], cmd: [2, text, 'repeated'], timeout: [3, number] }),
  message({ stdout: [1, text], stderr: [2, text], exit_code: [3, number] }),
);
export const ContainerStats = runtime('ContainerStats', container, message({ stats: [1, stats] }));
export const ListContainerStats = runtime(
  'ListContainerStats',
  message({ filter: [1, message({ pod_sandbox_id: [2, text] })] }),
  message({ stats: [1, stats, 'repeated'] }),
);
export const ImageStatus = {
  path: '/runtime.v1.ImageService/ImageStatus',
  question: message({ image: [1, image] }),
  answer: message({ image: [1, message({ id: [1, text], repo_tags: [2, text, 'repeated'] })] }),
};
