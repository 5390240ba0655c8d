import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Engine } from '../../../../src/engine/engine.ts';
import { report } from '../../../../src/libcontainer/errors.ts';
import { RdtGroup, removeGroups, resctrlRoot } from '../../../../src/libcontainer/intel-rdt/group.ts';
import { intelRdtSteps } from '../../../../src/libcontainer/intel-rdt/steps.ts';
import type { IntelRdt } from '../../../../src/spec/config.ts';
import { engine } from '../../syscalls/support.ts';

const DEFAULT = '    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n';

/** A directory in which mkdir and rmdir do what they do in resctrl: groups come with files, and go with them. */
class Resctrl {
  readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-resctrl-'));
  /** Every write, in order. */
  readonly written: string[] = [];
  readonly machine: Pick<Engine, 'files' | 'encode' | 'decode'>;

  constructor() {
    this.populate(this.root);
    fs.mkdirSync(path.join(this.root, 'info'));
    fs.writeFileSync(path.join(this.root, 'info/last_cmd_status'), 'ok\n');
    const open = new Map<number, string>();
    this.machine = {
      encode: engine.encode,
      decode: engine.decode,
      files: {
        ...engine.files,
        mkdir: (directory, mode) => {
          engine.files.mkdir(directory, mode);
          this.populate(directory);
        },
        rmdir: (directory) => {
          engine.files.readdir(directory);
          fs.rmSync(directory, { recursive: true });
        },
        open: (file, flags, mode) => {
          const fd = engine.files.open(file, flags, mode);
          open.set(fd, file.slice(this.root.length));
          return fd;
        },
        write: (fd, bytes) => {
          this.written.push(`${open.get(fd)}: ${engine.decode(bytes)}`);
          engine.files.write(fd, bytes);
        },
      },
    };
  }

  group(rdt: IntelRdt): RdtGroup {
    return new RdtGroup(this.machine, this.root, 'c1', rdt);
  }

  exists(name: string): boolean {
    return fs.existsSync(path.join(this.root, name));
  }

  preset(name: string, schemata = DEFAULT): void {
    this.machine.files.mkdir(path.join(this.root, name), 0o755);
    fs.writeFileSync(path.join(this.root, name, 'schemata'), schemata);
  }

  status(text: string): void {
    fs.writeFileSync(path.join(this.root, 'info/last_cmd_status'), `${text}\n`);
  }

  private populate(directory: string): void {
    for (const [name, text] of [
      ['schemata', DEFAULT],
      ['tasks', ''],
    ] as const)
      fs.writeFileSync(path.join(directory, name), text);
    if (!directory.includes('mon_groups')) fs.mkdirSync(path.join(directory, 'mon_groups'));
  }
}

let resctrl: Resctrl;
beforeEach(() => {
  resctrl = new Resctrl();
});
afterEach(() => fs.rmSync(resctrl.root, { recursive: true }));

function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return report(error).message.replaceAll(resctrl.root, 'ROOT');
  }
  throw new Error('it did not fail');
}

test('without a closID the group is named after the container, and goes with it', () => {
  const group = resctrl.group({ l3CacheSchema: 'L3:0=f', memBwSchema: 'MB:0=20', schemata: ['L2:0=3', 'L2:1=3'] });
  expect(group.temporary).toEqual([path.join(resctrl.root, 'c1')]);
  group.make();
  group.add(42);
  expect(resctrl.written).toEqual([
    '/c1/schemata: L3:0=f\n',
    '/c1/schemata: MB:0=20\n',
    '/c1/schemata: L2:0=3\n',
    '/c1/schemata: L2:1=3\n',
    '/c1/tasks: 42\n',
  ]);
  removeGroups(resctrl.machine, group.temporary);
  expect(resctrl.exists('c1')).toBe(false);
  removeGroups(resctrl.machine, group.temporary);
});

test('a directory of that name that was there before stays', () => {
  resctrl.preset('c1');
  const group = resctrl.group({});
  expect(group.temporary).toEqual([]);
  group.make();
  expect(resctrl.written).toEqual([]);
});

test('of two places for the memory bandwidth the one of its own counts', () => {
  resctrl.group({ l3CacheSchema: 'L3:0=f\nMB:0=99', memBwSchema: 'MB:0=20' }).make();
  expect(resctrl.written).toEqual(['/c1/schemata: L3:0=f\n', '/c1/schemata: MB:0=20\n']);
});

test('with a closID a group that is not there is made, and stays', () => {
  const group = resctrl.group({ closID: 'gold', schemata: ['L3:0=f'] });
  expect(group.temporary).toEqual([]);
  group.make();
  expect(resctrl.exists('gold')).toBe(true);
});

test('one that is there, and must be as nothing says how it should be', () => {
  expect(messageOf(() => resctrl.group({ closID: 'gold' }).make())).toBe(
    'there is no class of service ROOT/gold, and nothing says what it should be',
  );
  resctrl.preset('gold');
  const group = resctrl.group({ closID: 'gold' });
  group.make();
  group.add(7);
  expect(resctrl.written).toEqual(['/gold/tasks: 7\n']);
});

test.each<[string, IntelRdt]>([
  ['padded as the kernel does', { schemata: ['L3:0=7f;1=1f'] }],
  ['with leading zeros', { l3CacheSchema: 'L3:1=01f;0=07F' }],
  ['a part of it', { memBwSchema: 'MB:1=70' }],
])('one that exists and says the same is taken: %s', (_, rdt) => {
  resctrl.preset('gold', '    L3:0=07f;1=01f\n    MB:0= 20;1= 70\n');
  resctrl.group({ closID: 'gold', ...rdt }).make();
  expect(resctrl.written).toEqual([]);
});

test.each<[string, IntelRdt, string]>([
  ['another mask', { l3CacheSchema: 'L3:0=7f' }, 'L3:0=7f'],
  ['another percentage', { memBwSchema: 'MB:0=10' }, 'MB:0=10'],
  ['a resource that it has not', { schemata: ['L2:0=1'] }, 'L2:0=1'],
  ['a cache that it has not', { schemata: ['L3:0=7ff', 'L3:5=1'] }, 'L3:5=1'],
])('one that exists and says something else is an error: %s', (_, rdt, line) => {
  resctrl.preset('gold');
  expect(messageOf(() => resctrl.group({ closID: 'gold', ...rdt }).make())).toBe(
    `ROOT/gold exists and its schemata are not ${JSON.stringify(line)}`,
  );
  expect(resctrl.written).toEqual([]);
});

test('the root of resctrl is the class of service /', () => {
  const group = resctrl.group({ closID: '/' });
  group.make();
  group.add(9);
  expect(resctrl.written).toEqual(['/tasks: 9\n']);
  expect(group.temporary).toEqual([]);
});

test('a monitoring group lies in the class of service, gets the process too, and goes with the container', () => {
  resctrl.preset('gold');
  const group = resctrl.group({ closID: 'gold', enableMonitoring: true });
  group.make();
  group.add(5);
  expect(resctrl.written).toEqual(['/gold/tasks: 5\n', '/gold/mon_groups/c1/tasks: 5\n']);
  expect(group.temporary).toEqual([path.join(resctrl.root, 'gold/mon_groups/c1')]);
  removeGroups(resctrl.machine, group.temporary);
  expect(resctrl.exists('gold/mon_groups/c1')).toBe(false);
  expect(resctrl.exists('gold')).toBe(true);
});

test('a monitoring group of that name is another container’s: an error', () => {
  resctrl.preset('gold');
  fs.mkdirSync(path.join(resctrl.root, 'gold/mon_groups/c1'));
  const group = resctrl.group({ closID: 'gold', enableMonitoring: true });
  expect(messageOf(() => group.make())).toContain('make ROOT/gold/mon_groups/c1: mkdir');
});

test('what resctrl has to say about a failure is in the message', () => {
  const group = resctrl.group({ closID: 'gold/none', schemata: ['L3:0=f'] });
  resctrl.status('Mask out of range');
  expect(messageOf(() => group.make())).toMatch(
    /^make ROOT\/gold\/none: mkdir .*: no such file or directory \(Mask out of range\)$/,
  );
});

test('where resctrl is mounted is read from the mounts of the runtime', () => {
  const line = '30 25 0:27 / /sys/fs/resctrl rw,relatime shared:9 - resctrl resctrl rw\n';
  const files = { ...engine.files, read: () => engine.encode(`21 1 8:1 / / rw - ext4 /dev/sda rw\n${line}`) };
  expect(resctrlRoot({ ...resctrl.machine, files })).toBe('/sys/fs/resctrl');
  expect(resctrlRoot({ ...resctrl.machine, files: { ...files, read: () => engine.encode('') } })).toBeUndefined();
});

test('a configuration without intelRdt has no step that looks for it', () => {
  const steps = Object.values(intelRdtSteps({ ociVersion: '1.3.0' }));
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.flat()).toEqual([]);
});
