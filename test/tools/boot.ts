import { boot } from '../vm/kernel.ts';

/** Boots a machine that does nothing, in the scratch directory argv[2]. */
const [scratch = ''] = process.argv.slice(2);
boot({ scratch, init: '/bin/sleep', parameters: ['--', '1000'], seconds: 100 });
