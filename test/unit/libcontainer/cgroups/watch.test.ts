import { CgroupDirectory } from '../../../../src/libcontainer/cgroups/directory.ts';
import { CgroupWatch } from '../../../../src/libcontainer/cgroups/watch.ts';
import { FakeTree } from './tree.ts';

const SECOND = 1_000_000_000n;
let tree: FakeTree;
/** What happens during the waits, in order; the last goes on happening. */
let happens: (() => void)[];
let waited: (readonly number[])[];

beforeEach(() => {
  tree = new FakeTree();
  tree.host.engine.files.mkdir(tree.path('a'), 0o755);
  happens = [];
  waited = [];
  say(1, 0);
});
afterEach(() => tree.discard());

function say(populated: number, kills: number): void {
  if (!tree.has('a/cgroup.events')) return;
  tree.set('a/cgroup.events', `populated ${populated}\nfrozen 0\n`);
  tree.set('a/memory.events', `low 0\nhigh 0\nmax 9\noom 2\noom_kill ${kills}\noom_group_kill 0\n`);
}

function watch(): CgroupWatch {
  const { host } = tree;
  const wait = (fds: readonly number[], nanoseconds: bigint): void => {
    waited.push(fds);
    const next = happens.shift();
    if (next) next();
    else host.system.sleep(Number(nanoseconds / 1_000_000n));
  };
  return new CgroupWatch(new CgroupDirectory(host, tree.mount, tree.path('a')), {
    ...host,
    system: { ...host.system, wait },
  });
}

test('nothing happens: the deadline is met, and not before', () => {
  const own = watch();
  expect(own.next(3n * SECOND)).toBe('timeout');
  expect(tree.host.engine.monotonic()).toBe(3n * SECOND);
});

test('waits for both files, by descriptors that were read, and closes them', () => {
  let open = 0;
  happens = [
    () => {
      open = new Set(waited[0]).size;
    },
  ];
  watch().next(SECOND);
  expect(open).toBe(2);
  for (const fd of waited.flat()) expect(() => tree.host.engine.files.readSome(fd, 1)).toThrow();
});

test('each further kill is one event, kills before the watch are none, other memory events are none', () => {
  say(1, 5);
  const own = watch();
  happens = [() => say(1, 5), () => say(1, 6)];
  expect(own.next(SECOND)).toBe('oom');
  happens = [() => say(1, 8)];
  expect(own.next(SECOND)).toBe('oom');
  expect(own.next(SECOND)).toBe('timeout');
});

test('a kill that ends the container is told before its end', () => {
  const own = watch();
  happens = [() => say(0, 1)];
  expect(own.next(SECOND)).toBe('oom');
  expect(own.next(SECOND)).toBe('ended');
});

test('a cgroup that is removed has ended', () => {
  const own = watch();
  happens = [() => tree.host.engine.files.rmdir(tree.path('a'))];
  expect(own.next(SECOND)).toBe('ended');
});

test('without the memory controller there are no kills, and the end is noticed all the same', () => {
  tree.host.engine.files.unlink(tree.path('a/memory.events'));
  const own = watch();
  happens = [() => tree.set('a/cgroup.events', 'populated 0\n')];
  expect(own.next(SECOND)).toBe('ended');
});
