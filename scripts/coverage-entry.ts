/**
 * Runs before main.ts in the executable that `make coverage` builds: takes away what the wrapper added, which names
 * itself as the first argument (that is how the kernel runs a `#!` line) and sets one variable. Node has read it by now.
 */
process.argv.splice(2, 1);
delete process.env['NODE_V8_COVERAGE'];
