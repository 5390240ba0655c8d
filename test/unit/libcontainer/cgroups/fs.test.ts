import { deviceProgram } from '../../../../src/libcontainer/cgroups/devices/program.ts';
import { deviceRules } from '../../../../src/libcontainer/cgroups/devices/rules.ts';
import { FsCgroup, type FsCgroupOptions } from '../../../../src/libcontainer/cgroups/fs.ts';
import { report } from '../../../../src/libcontainer/errors.ts';
import type { Resources } from '../../../../src/spec/config-linux.ts';
import { FakeTree, failureOf } from './tree.ts';

let tree: FakeTree;

beforeEach(() => {
  tree = new FakeTree();
});

afterEach(() => tree.discard());

function cgroup(name: string, options: Partial<FsCgroupOptions> = {}, hybrid = false): FsCgroup {
  const root = { mount: tree.mount, hybrid };
  return new FsCgroup(tree.host, root, tree.path(name), { rootless: false, dispensable: false, ...options });
}

function failure(action: () => void): ReturnType<typeof report> {
  try {
    action();
  } catch (error) {
    return report(error);
  }
  throw new Error('did not fail');
}

describe('create', () => {
  test('makes the directories, hands controllers down, writes the limits and attaches the device program', () => {
    const linux = { resources: { pids: { limit: 5 }, memory: { limit: 4096 } } };
    cgroup('a/b').create(linux);
    const enable = '+cpuset +cpu +io +memory +hugetlb +pids +rdma';
    expect(tree.writes).toEqual([
      `cgroup.subtree_control=${enable}`,
      `a/cgroup.subtree_control=${enable}`,
      'a/b/pids.max=5',
      'a/b/memory.max=4096',
    ]);
    expect(tree.programs).toEqual([{ directory: tree.path('a/b'), program: deviceProgram(deviceRules(linux)) }]);
  });

  test('confines to CPUs and memory nodes below a parent that hands cpuset down', () => {
    cgroup('a/b').create({ resources: { cpu: { cpus: '0-1,3', mems: '0' } } });
    expect(tree.writes.filter((write) => write.startsWith('a/b/'))).toEqual([
      'a/b/cpuset.cpus=0-1,3',
      'a/b/cpuset.mems=0',
    ]);
    expect(tree.writes.filter((write) => /subtree_control=.*\+cpuset/.test(write))).toHaveLength(2);
    cgroup('a/b').update({ cpu: { cpus: '2' } });
    expect([tree.read('a/b/cpuset.cpus'), tree.read('a/b/cpuset.mems')].map((text) => text.trim())).toEqual(['2', '0']);
  });

  test('enables nothing twice', () => {
    cgroup('a').create(undefined);
    tree.writes.length = 0;
    cgroup('b').create(undefined);
    expect(tree.writes).toEqual([]);
  });

  test('enables the controllers one by one when they do not go together', () => {
    tree.refusals.push((name, value) => (name.endsWith('subtree_control') && / /.test(value) ? 'EINVAL' : undefined));
    cgroup('a').create(undefined);
    expect(tree.writes).toContain('cgroup.subtree_control=+memory');
  });

  test('takes an empty directory that is there already', () => {
    tree.mkdir('a');
    cgroup('a').create(undefined);
    expect(tree.programs).toHaveLength(1);
  });

  test('refuses a directory with processes, also below it, and changes nothing', () => {
    tree.mkdir('a');
    tree.mkdir('a/b');
    tree.set('a/b/cgroup.procs', '12\n13\n');
    expect(failure(() => cgroup('a').create({ resources: { pids: { limit: 1 } } }))).toMatchObject({
      code: 'cgroup',
      message: "container's cgroup is not empty: 2 process(es) found",
    });
    expect(tree.writes).toEqual([]);
  });

  test.each(['cgroup.freeze=1\n', 'cgroup.events=populated 0\nfrozen 1\n'])('refuses a frozen cgroup (%p)', (state) => {
    const [file = '', text = ''] = state.split('=');
    tree.mkdir('a');
    tree.set(`a/${file}`, text);
    expect(() => cgroup('a').create(undefined)).toThrow("container's cgroup unexpectedly frozen");
  });

  test('refuses a bad configuration before it makes anything', () => {
    expect(() => cgroup('a').create({ resources: { memory: { swap: 1 } } })).toThrow('without memory limit');
    expect(() => cgroup('a').create({ resources: { devices: [{ allow: true }] } })).toThrow('cannot be empty');
    expect(tree.has('a')).toBe(false);
  });

  test('starts again at the top when a parent is removed meanwhile', () => {
    let left = 2;
    const { mkdir } = tree.host.engine.files;
    tree.host.engine.files.mkdir = (path, mode) => {
      if (path.endsWith('/b') && left-- > 0) tree.host.engine.files.rmdir(tree.path('a'));
      mkdir(path, mode);
    };
    cgroup('a/b').create(undefined);
    expect(tree.has('a/b')).toBe(true);
  });

  test('falls back to io.weight with its own scale when BFQ is not there', () => {
    cgroup('a').create({ resources: { blockIO: { weight: 500 } } });
    expect(tree.writes).toContain('a/io.weight=4950');
  });

  test('tries a burst again after the quota', () => {
    let quota = false;
    tree.refusals.push((name) => {
      if (name === 'a/cpu.max') quota = true;
      return name === 'a/cpu.max.burst' && !quota ? 'EINVAL' : undefined;
    });
    cgroup('a').create({ resources: { cpu: { burst: 1000, quota: 2000 } } });
    expect(tree.writes.slice(-2)).toEqual(['a/cpu.max=2000 100000', 'a/cpu.max.burst=1000']);
  });

  test('writes unified entries last and line by line', () => {
    cgroup('a').create({ resources: { unified: { 'io.max': '8:0 rbps=1\n8:1 rbps=2' }, pids: { limit: 1 } } });
    expect(tree.writes.slice(-3)).toEqual(['a/pids.max=1', 'a/io.max=8:0 rbps=1', 'a/io.max=8:1 rbps=2']);
  });

  test('logs what cgroup v2 cannot honour', () => {
    cgroup('a').create({ resources: { memory: { kernel: 1 } } });
    expect(tree.logged).toEqual([
      'warn /linux/resources/memory/kernel: memory/kernel is ignored: kernel memory is part of memory.max',
    ]);
  });

  test('says which cgroup and file a value was refused in', () => {
    tree.refusals.push((name) => (name === 'a/cpuset.cpus' ? 'EINVAL' : undefined));
    expect(failure(() => cgroup('a').create({ resources: { cpu: { cpus: 'x' } } }))).toMatchObject({
      code: 'cgroup',
      pointer: '/linux/resources/cpu/cpus',
      message: expect.stringMatching(/^write "x" to .*\/a\/cpuset\.cpus: write .*\(expected a list of numbers/),
    });
  });

  test.each<[Resources, string, string, string]>([
    [{ blockIO: { weight: 500 } }, 'io.weight', 'ENOENT', 'the kernel has neither BFQ nor the io cost model'],
    [{ unified: { 'io.max': '1:1 rbps=1' } }, 'io.max', 'ENODEV', 'there is no such block device'],
    [{ cpu: { cpus: '900' } }, 'cpuset.cpus', 'ERANGE', 'this machine has fewer CPUs'],
    [{ cpu: { mems: '900' } }, 'cpuset.mems', 'ERANGE', 'this machine has fewer nodes'],
    [{ cpu: { mems: 'x' } }, 'cpuset.mems', 'EINVAL', 'expected a list of numbers and ranges'],
    [{ cpu: { quota: 2000, period: 9 } }, 'cpu.max', 'EINVAL', 'period: 1000 to 1000000 µs'],
  ])('%j: says what may be wrong when %s is refused with %s', (resources, file, code, hint) => {
    tree.refusals.push((name) => (name === `a/${file}` ? code : undefined));
    expect(failure(() => cgroup('a').create({ resources })).hint).toContain(hint);
  });

  test('lists the page sizes of the machine for one that it does not have', () => {
    const resources = { hugepageLimits: [{ pageSize: '64KB', limit: 1 }] };
    expect(failure(() => cgroup('a').create({ resources })).hint).toBe('page sizes of this machine: 1GB, 2MB');
  });
});

describe('a missing controller', () => {
  test('is named with where it was looked for', () => {
    tree.discard();
    tree = new FakeTree('hugetlb');
    const error = failure(() => cgroup('a', {}, true).create({ resources: { memory: { limit: 1 } } }));
    expect(error).toMatchObject({ code: 'cgroup', pointer: '/linux/resources/memory/limit' });
    expect(error.message).toContain(
      `memory.max cannot be set: the memory controller is not available in ${tree.mount} (there: hugetlb)`,
    );
    expect(error.hint).toContain('cgroup v1 may hold it');
  });

  test('is no matter to a limit that is none', () => {
    tree.discard();
    tree = new FakeTree('');
    const memory = { limit: -1, swap: -1, swappiness: 0 };
    cgroup('a').create({ resources: { memory, pids: { limit: -1 }, cpu: { shares: 0, quota: -1 } } });
    expect(tree.writes).toEqual([]);
  });

  test('that a parent cannot hand down is named with the parent and who sits in it', () => {
    tree.mkdir('a');
    tree.set('a/cgroup.procs', `${process.pid}\n`);
    tree.refusals.push((name) => (name === 'a/cgroup.subtree_control' ? 'EBUSY' : undefined));
    const error = failure(() => cgroup('a/b').create({ resources: { pids: { limit: 1 } } }));
    expect(error.message).toContain(`the pids controller cannot be enabled in ${tree.path('a')}`);
    expect(error.message).toMatch(new RegExp(`which holds processes itself: ${process.pid} \\(.+\\)`));
    expect(error.hint).toContain('a cgroup with processes has no controllers to hand down. Move them into one below');
    const directory = `${tree.path('a')}/processes`;
    expect(error.hint).toContain(`mkdir ${directory}, and for each of them echo PID > ${directory}/cgroup.procs`);
  });

  test('is not looked for one by one where that would make the parent threaded', () => {
    tree.mkdir('a');
    tree.refusals.push((name) => (name === 'a/cgroup.subtree_control' ? 'EBUSY' : undefined));
    const tried: string[] = [];
    tree.refusals.unshift((name, value) => void (name === 'a/cgroup.subtree_control' && tried.push(value)));
    expect(() => cgroup('a/b').create({ resources: { memory: { limit: 1 }, pids: { limit: 1 } } })).toThrow('pids.max');
    expect(tried).not.toContain('+cpu');
  });

  test('that may not be handed down is a matter of delegation', () => {
    tree.refusals.push((name) => (name === 'cgroup.subtree_control' ? 'EACCES' : undefined));
    const error = failure(() => cgroup('a').create({ resources: { pids: { limit: 1 } } }));
    expect(error).toMatchObject({
      errno: 'EACCES',
      hint: expect.stringContaining('the cgroup is not delegated to this user'),
    });
  });

  test('of a unified entry is said in the words of runc', () => {
    tree.discard();
    tree = new FakeTree('pids');
    const error = failure(() => cgroup('a').create({ resources: { unified: { 'memory.high': '1' } } }));
    expect(error.message).toContain(`unified resource "memory.high" can't be set: controller "memory" not available`);
  });
});

describe('a threaded cgroup', () => {
  test.each([
    ['domain invalid', 'in an invalid state', ': name a place by cgroupsPath that is not below a threaded cgroup'],
    ['threaded', 'in threaded mode', ': name a place by cgroupsPath that is not below a threaded cgroup'],
    ['domain threaded', 'in domain threaded mode', ': name a place outside of it by cgroupsPath'],
  ])('of type %s refuses a limit that needs a domain', (type, words, hint) => {
    tree.mkdir('a');
    tree.set('a/cgroup.type', `${type}\n`);
    const error = failure(() => cgroup('a/b').create({ resources: { memory: { limit: 1 } } }));
    const where = `cannot enter cgroupv2 "${tree.path('a')}" with domain controllers -- it is ${words}`;
    expect(error.message).toContain(where);
    expect(error.hint).toContain('memory.max is of the memory controller, which limits whole processes');
    expect(error.hint).toContain(hint);
  });

  test('is explained by the cgroup that made it so', () => {
    tree.mkdir('a');
    tree.mkdir('a/b');
    tree.set('a/cgroup.type', 'domain threaded\n');
    tree.set('a/cgroup.procs', `${process.pid}\n`);
    tree.set('a/b/cgroup.type', 'threaded\n');
    expect(failure(() => cgroup('a/b/c').create({ resources: { memory: { limit: 1 } } })).hint).toMatch(
      new RegExp(`memory.max is of the memory controller.*${tree.path('a')} is the root .* with ${process.pid} \\(`),
    );
  });

  test('is entered when no limit needs a domain', () => {
    tree.mkdir('a');
    tree.set('a/cgroup.type', 'domain invalid\n');
    cgroup('a').create({ resources: { pids: { limit: 1 } } });
    expect(tree.writes).toContain('a/cgroup.type=threaded');
  });
});

describe('undo', () => {
  test('removes what create made', () => {
    const own = cgroup('a/b/c');
    tree.mkdir('a');
    own.create(undefined);
    own.undo();
    expect([tree.has('a'), tree.has('a/b')]).toEqual([true, false]);
  });

  test('leaves a directory that was there before', () => {
    tree.mkdir('a');
    const own = cgroup('a');
    own.create(undefined);
    own.undo();
    expect(tree.has('a')).toBe(true);
  });

  test('leaves a parent that another container has moved into', () => {
    const own = cgroup('a/b');
    own.create(undefined);
    tree.mkdir('a/other');
    own.undo();
    expect([tree.has('a/b'), tree.has('a/other')]).toEqual([false, true]);
  });

  test('follows a create that failed half-way', () => {
    tree.refusals.push((name) => (name === 'a/b/pids.max' ? 'EIO' : undefined));
    const own = cgroup('a/b');
    expect(() => own.create({ resources: { pids: { limit: 1 } } })).toThrow('pids.max');
    own.undo();
    expect(tree.has('a')).toBe(false);
  });
});

describe('without permission to make the directory', () => {
  beforeEach(() => {
    tree.host.engine.files.mkdir = (path) => {
      throw failureOf('EACCES', path);
    };
  });

  test('a container without limits does without, if it named no place', () => {
    const own = cgroup('a', { rootless: true, dispensable: true });
    own.create({ resources: { pids: { limit: -1 } } });
    expect(own.directory).toBeUndefined();
    tree.writes.length = 0;
    own.add(1);
    own.kill();
    own.remove();
    expect([own.pids(), own.isFrozen(), own.oomKills(), tree.writes]).toEqual([[], false, 0, []]);
  });

  test('a limit is an error', () => {
    const create = () =>
      cgroup('a', { rootless: true, dispensable: true }).create({ resources: { pids: { limit: 1 } } });
    expect(failure(create)).toMatchObject({
      errno: 'EACCES',
      pointer: '/linux/resources/pids/limit',
      message: expect.stringContaining('rootless needs no limits + no cgrouppath when no permission is granted'),
    });
  });

  test('a place that was asked for is an error', () => {
    expect(failure(() => cgroup('a').create(undefined)).message).toContain(`make cgroup ${tree.path('a')}: mkdir`);
  });
});

describe('the device program', () => {
  beforeEach(() => {
    tree.host.system.devices.replace = () => {
      throw failureOf('EPERM', 'bpf');
    };
  });

  test('that cannot be attached is an error that names the rules', () => {
    expect(failure(() => cgroup('a').create(undefined)).pointer).toBe('/linux/resources/devices');
  });

  test('is left out without privileges', () => {
    cgroup('a', { rootless: true }).create(undefined);
    expect(tree.logged[0]).toContain('device rules are not enforced');
  });
});

describe('update', () => {
  test('writes what is given and leaves the devices alone', () => {
    const own = cgroup('a');
    own.create(undefined);
    own.update({ pids: { limit: 7 }, devices: [{ allow: true, access: 'rwm' }] });
    expect(tree.read('a/pids.max')).toBe('7');
    expect(tree.programs).toHaveLength(1);
  });

  test.each([
    [{ limit: 4096 }, 'rejecting memory limit 4096 <= usage 4096'],
    [{ limit: 5000, swap: 5000 }, undefined],
    [{ limit: -1, swap: 4000 }, 'rejecting memory+swap limit 4000 <= usage 4096'],
  ])('with checkBeforeUpdate compares %p with what is in use', (memory, message) => {
    const own = cgroup('a');
    own.create(undefined);
    tree.set('a/memory.current', '4096\n');
    const update = () => own.update({ memory: { ...memory, checkBeforeUpdate: true } });
    if (message) expect(update).toThrow(message);
    else expect(update).not.toThrow();
  });
});

describe('a living cgroup', () => {
  test('takes a process in by its number', () => {
    tree.mkdir('a');
    cgroup('a').add(42);
    expect(tree.read('a/cgroup.procs')).toBe('42');
  });

  test('lists the processes below it too', () => {
    tree.mkdir('a');
    tree.mkdir('a/b');
    tree.set('a/cgroup.procs', '1\n2\n');
    tree.set('a/b/cgroup.procs', '3\n');
    expect(cgroup('a').pids()).toEqual([1, 2, 3]);
  });

  test('counts the processes that the memory limit has cost', () => {
    cgroup('a').create(undefined);
    tree.set('a/memory.events', 'low 0\noom 4\noom_kill 3\noom_group_kill 0\n');
    expect([cgroup('a').oomKills(), cgroup('gone').oomKills()]).toEqual([3, 0]);
  });

  test('is killed as a whole', () => {
    tree.mkdir('a');
    cgroup('a').kill();
    expect(tree.writes).toEqual(['a/cgroup.kill=1']);
  });

  test.each(['EOPNOTSUPP', 'ENOENT'])('is killed one by one, frozen meanwhile, when the kernel says %s', (code) => {
    tree.mkdir('a');
    tree.set('a/cgroup.procs', '5\n6\n');
    tree.refusals.push((name) => (name === 'a/cgroup.kill' ? code : undefined));
    cgroup('a').kill();
    expect(tree.killed).toEqual([5, 6]);
    expect(tree.writes).toEqual(['a/cgroup.freeze=1', 'a/cgroup.freeze=0']);
  });

  test('that is gone needs no killing', () => {
    expect(() => cgroup('a').kill()).not.toThrow();
  });

  test('is frozen and thawed', () => {
    tree.mkdir('a');
    const own = cgroup('a');
    own.freeze();
    expect(own.isFrozen()).toBe(true);
    own.thaw();
    expect(own.isFrozen()).toBe(false);
  });

  test('is thawed again when a process does not stand still', () => {
    tree.mkdir('a');
    tree.onSleep = () => tree.set('a/cgroup.events', 'frozen 0\n');
    tree.set('a/cgroup.procs', `${process.pid}\n`);
    const { write } = tree.host.engine.files;
    tree.host.engine.files.write = (fd, bytes) => {
      write(fd, bytes);
      tree.set('a/cgroup.events', 'frozen 0\n');
    };
    expect(failure(() => cgroup('a').freeze())).toMatchObject({ code: 'timeout' });
    expect(tree.writes.at(-1)).toBe('a/cgroup.freeze=0');
  });

  test('that is gone is not frozen', () => {
    expect(cgroup('a').isFrozen()).toBe(false);
  });
});

describe('remove', () => {
  test('removes what lies below first', () => {
    for (const name of ['a', 'a/b', 'a/b/c', 'a/d']) tree.mkdir(name);
    cgroup('a').remove();
    expect(tree.has('a')).toBe(false);
  });

  test('waits for the last process, longer each time', () => {
    const waits: number[] = [];
    tree.mkdir('a');
    tree.set('a/cgroup.procs', '9\n');
    tree.onSleep = (milliseconds) => {
      waits.push(milliseconds);
      if (waits.length === 4) tree.set('a/cgroup.procs', '');
    };
    cgroup('a').remove();
    expect(waits).toEqual([1, 2, 4, 8]);
    expect(tree.has('a')).toBe(false);
  });

  test('says who is left in the end', () => {
    tree.mkdir('a');
    tree.set('a/cgroup.procs', `${process.pid}\n`);
    expect(failure(() => cgroup('a').remove()).message).toMatch(
      new RegExp(`remove cgroup .*/a, which holds 1 process\\(es\\): ${process.pid} \\(`),
    );
  });

  test('of what is gone is done', () => {
    expect(() => cgroup('a').remove()).not.toThrow();
  });
});
