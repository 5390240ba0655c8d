import { IMAGE } from './image.ts';

/** Shell that the checks of every client may use. */
export const PRELUDE = `
image=${IMAGE}

# Waits ten seconds at most until the line of shell succeeds.
await() {
  for _ in $(seq 100); do eval "$1" > /dev/null 2>&1 && return 0; sleep 0.1; done
  echo "in vain: $1" >&2
  return 1
}

# Runs the rest at a terminal, with what is on standard input typed in.
terminal() { script -qec "$*" /dev/null; }
`;
