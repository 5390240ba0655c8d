import { guestSuite } from './suite.ts';

guestSuite('selinux', ['security=selinux', `POLICY=${__dirname}/selinux/policy.conf`]);
