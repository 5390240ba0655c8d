import { runChecks } from '../support/checks.ts';
import { checkpoint } from './checkpoint.ts';
import { client } from './client.ts';
import { failures } from './failures.ts';
import { run } from './run.ts';
import { task } from './task.ts';

runChecks(client, {
  'ctr run': run,
  'ctr task': task,
  'checkpoint and restore': checkpoint,
  'what cannot be run': failures,
});
