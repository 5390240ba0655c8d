import { runChecks } from '../support/checks.ts';
import { checkpoint } from './checkpoint.ts';
import { client } from './client.ts';
import { container } from './container.ts';
import { daemon } from './daemon.ts';
import { failures } from './failures.ts';
import { run } from './run.ts';

runChecks(client, {
  'docker run': run,
  'a container': container,
  'the daemon': daemon,
  'checkpoint and restore': checkpoint,
  'what cannot be run': failures,
});
