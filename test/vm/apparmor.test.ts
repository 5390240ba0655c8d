import { guestSuite } from './suite.ts';

guestSuite('apparmor', ['security=apparmor', 'apparmor=1']);
