import { runChecks } from './check.ts';
import { container } from './container.ts';
import { exec } from './exec.ts';
import { lifecycle } from './lifecycle.ts';
import { node } from './node.ts';
import { pods } from './pods.ts';
import { security } from './security.ts';
import { service } from './service.ts';

runChecks({
  'the service': service,
  'pods and their namespaces': pods,
  'what a container’s configuration makes of it': container,
  'the security context': security,
  'the life of a container': lifecycle,
  ExecSync: exec,
  'the machine': node,
});
