import { type Check, runs, writes } from './check.ts';
import { Seccomp } from './messages.ts';

const status = (field: string) => `grep ${field}: /proc/self/status | cut -f 2`;

/** The security context: whom a container runs as, and what it may. */
export const security: readonly Check[] = [
  writes('run_as_user', 'id -u; id -g', '1000\n1000', { container: { security: { run_as_user: { value: 1000 } } } }),
  writes('run_as_user, run_as_group', 'id -u; id -g', '1000\n3000', {
    container: { security: { run_as_user: { value: 1000 }, run_as_group: { value: 3000 } } },
  }),
  writes('run_as_username', 'id -un', 'user', { container: { security: { run_as_username: 'user' } } }),
  writes('supplemental_groups', 'id -G', /\b4000 5000\b/, {
    container: { security: { run_as_user: { value: 1000 }, supplemental_groups: [4000, 5000] } },
  }),
  writes('the capabilities that a container has', status('CapEff'), '00000000a80425fb'),
  writes(
    'of another user: none that are effective',
    `${status('CapEff')}; ${status('CapBnd')}`,
    /^0{16}\n0{8}a80425fb$/,
    {
      container: { security: { run_as_user: { value: 1000 } } },
    },
  ),
  runs(
    'capabilities, drop',
    'chown 1 /tmp',
    { exitCode: 1, stderr: expect.stringMatching(/Operation not permitted/) },
    { container: { security: { capabilities: { drop_capabilities: ['CHOWN'] } } } },
  ),
  writes('capabilities, drop ALL, add one', status('CapEff'), '0000000000000400', {
    container: {
      security: { capabilities: { drop_capabilities: ['ALL'], add_capabilities: ['NET_BIND_SERVICE'] } },
    },
  }),
  writes('capabilities, add', status('CapEff'), '00000000aa0425fb', {
    container: { security: { capabilities: { add_capabilities: ['SYS_TIME'] } } },
  }),
  writes('privileged', 'mount -t tmpfs none /tmp && touch /sys/fs/cgroup && ls /dev/fuse', '/dev/fuse', {
    pod: { linux: { security_context: { privileged: true } } },
    container: { security: { privileged: true } },
  }),
  runs(
    'readonly_rootfs',
    'touch /file',
    { exitCode: 1, stderr: expect.stringMatching(/Read-only file system/) },
    { container: { security: { readonly_rootfs: true } } },
  ),
  writes('readonly_rootfs, and /dev/shm', 'touch /dev/shm/file && echo written', 'written', {
    container: { security: { readonly_rootfs: true } },
  }),
  writes('no_new_privs', status('NoNewPrivs'), '1', { container: { security: { no_new_privs: true } } }),
  writes('new privileges are possible otherwise', status('NoNewPrivs'), '0'),
  runs(
    'seccomp, the runtime’s own profile',
    `${status('Seccomp')}; unshare -U true`,
    { exitCode: 1, stdout: '2', stderr: expect.stringMatching(/Operation not permitted/) },
    { container: { security: { seccomp: { profile_type: Seccomp.RuntimeDefault } } } },
  ),
  writes('seccomp, unconfined', `${status('Seccomp')}; unshare -U echo made`, '0\nmade', {
    container: { security: { seccomp: { profile_type: Seccomp.Unconfined } } },
  }),
  runs(
    'seccomp, a profile of the machine’s',
    'mkdir /tmp/new',
    { exitCode: 1, stderr: expect.stringMatching(/Operation not permitted/) },
    {
      after: `echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}' > /tmp/profile`,
      container: { security: { seccomp: { profile_type: Seccomp.Localhost, localhost_ref: '/tmp/profile' } } },
    },
  ),
  runs(
    'masked_paths',
    'cat /etc/group; ls /data | wc -l; touch /data/new',
    { exitCode: 1, stdout: '0', stderr: expect.stringMatching(/Read-only file system/) },
    { container: { security: { masked_paths: ['/etc/group', '/data', '/no/such'] } } },
  ),
  runs(
    'readonly_paths',
    'touch /data/new',
    { exitCode: 1, stderr: expect.stringMatching(/Read-only file system/) },
    { container: { security: { readonly_paths: ['/data', '/no/such'] } } },
  ),
  runs(
    'many at once: another user, no rights, a root to be read, the runtime’s profile',
    'id -u; touch /tmp/file',
    { exitCode: 1, stdout: '1000', stderr: expect.stringMatching(/Read-only file system/) },
    {
      container: {
        security: {
          run_as_user: { value: 1000 },
          capabilities: { drop_capabilities: ['ALL'] },
          readonly_rootfs: true,
          no_new_privs: true,
          seccomp: { profile_type: Seccomp.RuntimeDefault },
        },
      },
    },
  ),
];
