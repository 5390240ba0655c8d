import { runChecks } from '../support/checks.ts';
import { checkpoint } from './checkpoint.ts';
import { client } from './client.ts';
import { container } from './container.ts';
import { failures } from './failures.ts';
import { pods } from './pods.ts';
import { rootless } from './rootless.ts';
import { run } from './run.ts';

runChecks(client, {
  'podman run': run,
  'a container': container,
  'pods and what is generated': pods,
  'an unprivileged user': rootless,
  'checkpoint and restore': checkpoint,
  'what cannot be run': failures,
});
