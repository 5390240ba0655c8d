import type { Check } from '../support/checks.ts';

/** What goes wrong, as its user reads it. */
export const failures: readonly Check[] = [
  {
    name: 'a command that does not exist',
    command: 'run --rm $image one no-such-command',
    status: 1,
    stderr: /OCI runtime create failed: .*exec: "no-such-command": executable file not found in \$PATH/,
  },
  {
    name: 'a path that does not exist',
    command: 'run --rm $image one /no/such/file',
    status: 1,
    stderr: /OCI runtime create failed: .*"\/no\/such\/file".*no such file or directory/,
  },
  {
    name: 'a file that is not executable',
    command: 'run --rm $image one /bin/not-executable',
    status: 1,
    stderr: /OCI runtime create failed: .*permission denied/,
  },
  {
    name: 'a mount whose source is missing',
    command: 'run --rm --mount type=bind,src=/no/such,dst=/m,options=rbind $image one true',
    status: 1,
    stderr: /OCI runtime create failed: .*\/no\/such.*no such file or directory/,
  },
  {
    name: 'a command that does not exist, in exec',
    command: 'run -d $image one sleep 60; ctr task exec --exec-id e one no-such-command',
    status: 1,
    stderr: /OCI runtime exec failed: .*executable file not found in \$PATH/,
  },
  {
    name: 'a working directory that is a file',
    command: 'run --rm --cwd /bin/busybox $image one true',
    status: 1,
    stderr: /OCI runtime create failed: .*[Nn]ot a directory/,
  },
];
