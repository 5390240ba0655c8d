import { runChecks } from '../support/checks.ts';
import { client } from './client.ts';
import { container } from './container.ts';
import { daemon } from './daemon.ts';
import { failures } from './failures.ts';
import { run } from './run.ts';

runChecks(client, {
  'docker run': run,
  'a container': container,
  'the daemon': daemon,
  'what cannot be run': failures,
});
