import type { Check } from '../support/checks.ts';

const RUN = 'docker run --rm';
const EXEC = 'docker run -d --name one $image sleep 60 > /dev/null; docker exec';
/** Docker takes 126 for whatever an exec fails with, up to 20.10. */
const EXEC_NOT_FOUND = [126, 127];

/** What goes wrong, as its user reads it: the runtime's own sentence, and the exit status that scripts look at. */
export const failures: readonly Check[] = [
  {
    name: 'a command that does not exist',
    command: `${RUN} $image no-such-command`,
    status: 127,
    stderr: /OCI runtime create failed: .*exec: "no-such-command": executable file not found in \$PATH/,
    says: /tsrunc create failed: \/process\/args\/0: find the executable: exec: "no-such-command": executable file not found/,
  },
  {
    name: 'a path that does not exist',
    command: `${RUN} $image /no/such/file`,
    status: 127,
    stderr: /OCI runtime create failed: .*"\/no\/such\/file".*no such file or directory/,
    says: /find the executable: exec: "\/no\/such\/file": stat \/no\/such\/file: no such file or directory/,
  },
  {
    name: 'a path through a file',
    command: `${RUN} --entrypoint /bin/sh/x $image`,
    status: [125, 127],
    stderr: /not a directory/,
    says: /find the executable: exec: "\/bin\/sh\/x": stat \/bin\/sh\/x: not a directory/,
  },
  {
    name: 'a file that is not executable',
    command: `${RUN} $image /bin/not-executable`,
    status: 126,
    stderr: /OCI runtime create failed: .*permission denied/,
    says: /find the executable: exec: "\/bin\/not-executable": permission denied/,
  },
  {
    name: 'a directory',
    command: `${RUN} $image /tmp`,
    status: 126,
    says: /find the executable: exec: "\/tmp": is a directory/,
  },
  {
    name: 'a script whose interpreter is missing',
    command: `${RUN} $image /bin/no-interpreter`,
    status: [1, 127, 255],
    says: /OCI runtime start failed: .*its interpreter \/no\/such\/interpreter does not exist in the container/,
  },
  {
    name: 'a file in no format',
    command: `${RUN} $image /bin/wrong-format`,
    status: [1, 125, 255],
    says: /exec format error \(the file is neither an ELF executable nor a script that starts with #!\)/,
  },
  {
    name: 'a program on a mount with noexec',
    command: `
mkdir -p /tmp/noexec; mount -t tmpfs -o noexec noexec /tmp/noexec; cp /bin/busybox /tmp/noexec
${RUN} -v /tmp/noexec:/x $image /x/busybox; status=$?; umount /tmp/noexec; exit $status`,
    status: 126,
    stderr: /permission denied/,
    says: /find the executable: exec: "\/x\/busybox": permission denied/,
  },
  {
    name: 'a device in the place of the program',
    command: `${RUN} -v /dev/null:/bin/no-interpreter $image no-interpreter`,
    status: [126, 127],
    says: /find the executable: exec: "no-interpreter": permission denied/,
  },
  {
    name: 'no program',
    command: `${RUN} --entrypoint "" $image ""`,
    status: [125, 127],
    says: /\/process\/args\/0: must name the program to execute/,
  },
  {
    name: 'a file that is mounted on a directory',
    command: `${RUN} -v /etc/passwd:/tmp $image true`,
    status: [125, 127],
    says: /bind mount \/etc\/passwd on \/tmp: .*a file cannot be mounted on a directory/,
  },
  {
    name: 'a directory that is mounted on a file',
    command: `${RUN} -v /tmp:/etc/group $image true`,
    status: [125, 127],
    stderr: /not a directory/,
    says: /bind mount \/tmp on \/etc\/group: .*not a directory/,
  },
  {
    name: 'a mount in a procfs',
    command: `${RUN} -v /tmp:/proc/x $image true`,
    status: [125, 127],
    says: /bind mount \/tmp on \/proc\/x: create mount point "x"/,
  },
  {
    name: 'a tmpfs with a size that is none',
    command: `${RUN} --tmpfs /t:size=bogus $image true`,
    status: 125,
    says: /mount tmpfs on \/t: .*does tmpfs know all of these options: .*size=bogus/,
  },
  {
    name: 'a kernel parameter that does not exist',
    command: `${RUN} --sysctl net.no.such=1 $image true`,
    status: [125, 127],
    stderr: /no such file or directory/,
    says: /\/linux\/sysctl\/net\.no\.such: .*this kernel has no such parameter/,
  },
  {
    name: 'a seccomp profile with an unknown action',
    command: `
echo '{"defaultAction": "SCMP_ACT_NONSENSE"}' > /tmp/nonsense
${RUN} --security-opt seccomp=/tmp/nonsense $image true`,
    status: 125,
    says: /\/linux\/seccomp\/defaultAction: must be one of .*, is "SCMP_ACT_NONSENSE"/,
  },
  {
    name: 'a limit that cannot be raised',
    command: `${RUN} --ulimit nofile=2000000000 $image true`,
    status: [125, 126],
    stderr: /operation not permitted/,
    says: /\/process\/rlimits: set resource limits: .*RLIMIT_NOFILE/,
  },
  {
    name: 'a name that is taken',
    command: `docker create --name one $image > /dev/null; docker run --name one $image true`,
    status: 125,
    stderr: /already in use/,
  },
  {
    name: 'a user that does not exist',
    command: `${RUN} --user nobody-knows $image true`,
    status: [125, 126],
    stderr: /unable to find user nobody-knows/,
  },
  {
    name: 'a device that does not exist',
    command: `${RUN} --device /dev/no-such $image true`,
    status: [125, 127],
    stderr: /"\/dev\/no-such"/,
  },
  {
    name: 'exec: a command that does not exist',
    command: `${EXEC} one no-such-command 2>&1`,
    status: EXEC_NOT_FOUND,
    stdout: /executable file not found in \$PATH/,
    says: /exec failed: \/process\/args\/0: find the executable: exec: "no-such-command"/,
  },
  {
    name: 'exec: a path that does not exist',
    command: `${EXEC} one /no/such/file 2>&1`,
    status: EXEC_NOT_FOUND,
    stdout: /no such file or directory/,
    says: /exec failed: .*stat \/no\/such\/file: no such file or directory/,
  },
  {
    name: 'exec: a file that is not executable',
    command: `${EXEC} one /bin/not-executable 2>&1`,
    status: 126,
    stdout: /permission denied/,
    says: /exec failed: .*"\/bin\/not-executable": permission denied/,
  },
  {
    name: 'exec: a working directory that does not exist',
    command: `${EXEC} -w /no/such one true 2>&1`,
    status: EXEC_NOT_FOUND,
    stdout: /no such file or directory/,
    says: /exec failed: \/process\/cwd: enter the working directory: chdir "\/no\/such"/,
  },
  {
    name: 'exec: a script whose interpreter is missing',
    command: `${EXEC} one /bin/no-interpreter 2>&1`,
    status: [1, 126, 127, 255],
    says: /exec failed: .*its interpreter \/no\/such\/interpreter does not exist in the container/,
  },
];
