import type { Check } from '../support/checks.ts';

/** What goes wrong, as its user reads it. */
export const failures: readonly Check[] = [
  {
    name: 'a command that does not exist',
    command: 'docker run --rm $image no-such-command',
    status: 127,
    stderr: /OCI runtime create failed: .*exec: "no-such-command": executable file not found in \$PATH/,
  },
  {
    name: 'a path that does not exist',
    command: 'docker run --rm $image /no/such/file',
    status: 127,
    stderr: /OCI runtime create failed: .*"\/no\/such\/file".*no such file or directory/,
  },
  {
    name: 'a file that is not executable',
    command: 'docker run --rm $image /bin/not-executable',
    status: 126,
    stderr: /OCI runtime create failed: .*permission denied/,
  },
  {
    name: 'a name that is taken',
    command: 'docker run -d --name one $image sleep 60; docker run --name one $image true',
    status: 125,
    stderr: /already in use/,
  },
  {
    name: 'a command that does not exist, in exec',
    command: 'docker run -d --name one $image sleep 60; docker exec one no-such-command 2>&1',
    // 126 up to Docker 20.10.
    status: [126, 127],
    stdout: /executable file not found in \$PATH/,
  },
];
