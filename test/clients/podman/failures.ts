import { isTsrunc } from '../../integration/support/runtime.ts';
import type { Check } from '../support/checks.ts';

/** What goes wrong, as its user reads it. */
export const failures: readonly Check[] = [
  {
    name: 'a hook that fails',
    command: `
mkdir -p /tmp/hooks; printf '#!/bin/sh\\necho a reason >&2; exit 3\\n' > /tmp/hooks/fail; chmod +x /tmp/hooks/fail
echo '{"version": "1.0.0", "hook": {"path": "/tmp/hooks/fail"}, "when": {"always": true}, "stages": ["prestart"]}' > /tmp/hooks/fail.json
podman --hooks-dir /tmp/hooks run --rm $image true`,
    status: 126,
    stderr: /hook/,
    says: /a reason/,
  },
  {
    name: 'a hook that takes too long',
    command: `
mkdir -p /tmp/slow; printf '#!/bin/sh\\nexec sleep 30\\n' > /tmp/slow/hook; chmod +x /tmp/slow/hook
echo '{"version": "1.0.0", "hook": {"path": "/tmp/slow/hook", "timeout": 1}, "when": {"always": true}, "stages": ["createRuntime"]}' > /tmp/slow/hook.json
podman --hooks-dir /tmp/slow run --rm $image true`,
    status: 126,
    stderr: /hook/,
    says: /hook ran past specified timeout of 1.0s/,
  },
  {
    name: 'a command that does not exist',
    command: 'podman run --rm $image no-such-command',
    status: 127,
    stderr: /create failed: .*exec: "no-such-command": executable file not found in \$PATH/,
  },
  {
    name: 'a command that does not exist, of a runtime whose log is not read',
    command: 'podman --runtime plain run --rm $image no-such-command',
    status: 127,
    // runc up to 1.1 warned first, and podman shows no more than that.
    stderr: isTsrunc ? /executable file not found in \$PATH/ : /not found/,
  },
  {
    name: 'a path that does not exist',
    command: 'podman run --rm $image /no/such/file',
    status: 127,
    stderr: /"\/no\/such\/file".*no such file or directory/,
  },
  {
    name: 'a file that is not executable',
    command: 'podman run --rm $image /bin/not-executable',
    status: 126,
    stderr: /create failed: .*permission denied/,
  },
  {
    name: 'a command that does not exist, in exec',
    command: 'podman run -d --name one $image sleep 60 > /dev/null; podman exec one no-such-command',
    status: 127,
    stderr: /executable file not found in \$PATH/,
  },
  {
    name: 'a file that is not executable, in exec',
    command: 'podman run -d --name one $image sleep 60 > /dev/null; podman exec one /bin/not-executable',
    status: 126,
    stderr: /permission denied/,
  },
  {
    name: 'a name that is taken',
    command: 'podman create --name one $image true > /dev/null; podman run --name one $image true',
    status: 125,
    stderr: /already in use/,
  },
];
