import type { Check } from '../support/checks.ts';

const KUBE = `
cat > /tmp/kube.yaml << END
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  containers:
  - name: one
    image: $image
    imagePullPolicy: Never
    command: [sleep, "60"]
    env: [{name: A, value: b}]
    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true}
END`;

/**
 * Containers that share namespaces, and files that podman reads and writes. Not in a cgroup of the pod: podman 4.3 forbids that one all
 * devices, /dev/null as well, whatever the runtime; a user without privileges cannot, so `kube play` is hers.
 */
export const pods: readonly Check[] = [
  {
    name: 'containers of a pod share their network',
    command: `
podman pod create --share-parent=false --name p --network none > /dev/null
podman run -d --pod p --name one $image sleep 60 > /dev/null
test "$(podman run --rm --pod p $image readlink /proc/self/ns/net)" = "$(podman exec one readlink /proc/self/ns/net)"`,
  },
  {
    name: 'a pod with a PID namespace of its own',
    command: `
podman pod create --share-parent=false --name p --network none --share pid > /dev/null
podman run -d --pod p $image sleep 62 > /dev/null
podman run --rm --pod p $image ps | grep -c '[s]leep 62'`,
    stdout: '1',
  },
  {
    name: 'pod stop and start',
    command: `
podman pod create --share-parent=false --name p --network none > /dev/null
podman run -d --pod p --name one $image sleep 60 > /dev/null
podman pod stop -t 0 p > /dev/null; status one; podman pod start p > /dev/null; status one`,
    stdout: 'exited\nrunning',
  },
  {
    name: 'pod pause',
    command: `
podman pod create --share-parent=false --name p --network none > /dev/null
podman run -d --pod p --name one $image sleep 60 > /dev/null
podman pod pause p > /dev/null; status one; podman pod unpause p > /dev/null; status one`,
    stdout: 'paused\nrunning',
  },
  {
    name: 'kube play',
    command: `${KUBE}
unprivileged podman load -q -i /run/world/image.tar > /dev/null 2>&1
unprivileged podman kube play /tmp/kube.yaml > /dev/null && unprivileged podman exec web-one sh -c 'id -u; echo $A'
unprivileged podman kube down /tmp/kube.yaml > /dev/null`,
    stdout: '1000\nb',
  },
  {
    name: 'generate kube',
    command: 'podman run -d --name one $image sleep 60 > /dev/null; podman generate kube one',
    stdout: /kind: Pod/,
  },
  {
    name: 'generate systemd',
    command: 'podman run -d --name one $image sleep 60 > /dev/null; podman generate systemd --new one',
    stdout: /ExecStart=.*podman run/,
  },
  {
    name: 'build, two steps',
    command: `
printf 'FROM %s\\nRUN echo built > /file\\nCMD ["cat", "/file"]\\n' $image > /tmp/Containerfile
podman build -q --runtime "$RUNTIME" --network none -t built -f /tmp/Containerfile /tmp/v > /dev/null &&
podman run --rm built; podman rmi -f built > /dev/null`,
    stdout: 'built',
  },
];
