import { guestSuite } from './suite.ts';

guestSuite('guest');
