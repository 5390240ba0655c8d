import { cgroupWrites } from '../../../../src/libcontainer/cgroups/resources.ts';
import { Snapshot } from '../../../../src/libcontainer/cgroups/snapshot.ts';
import type { Resources } from '../../../../src/spec/config-linux.ts';

/** Files that take values as the kernel does where one depends on another, and lines where a line is a device. */
class Kernel {
  readonly files = new Map([
    ['pids.max', 'max\n'],
    ['memory.max', '1000\n'],
    ['memory.swap.max', 'max\n'],
    ['memory.low', '0\n'],
    ['cpu.idle', '0\n'],
    ['cpu.weight', '50\n'],
    ['cpu.max', '2000 100000\n'],
    ['cpu.max.burst', '1500\n'],
    ['cpuset.cpus', '\n'],
    ['io.max', '8:0 rbps=5 wbps=max riops=max wiops=max\n'],
    ['io.weight', 'default 100\n8:0 200\n'],
  ]);
  refused: string | undefined;

  tryRead(file: string): string | undefined {
    if (file === 'memory.reclaim') throw new Error('EINVAL');
    return this.files.get(file);
  }

  write(file: string, value: string): void {
    if (file === this.refused) throw new Error('EINVAL');
    const idle = this.files.get('cpu.idle') === '1\n';
    if (file === 'cpu.weight' && idle) throw new Error('EINVAL');
    if (file === 'cpu.max.burst' && Number(value) > this.quota()) throw new Error('EINVAL');
    if (file === 'cpu.max' && Number(value.split(' ')[0]) < Number(this.files.get('cpu.max.burst')))
      throw new Error('EINVAL');
    if (file === 'io.max' || file === 'io.weight') return this.writeLine(file, value);
    this.files.set(file, `${value.trim()}\n`);
    if (file === 'cpu.idle') this.files.set('cpu.weight', value === '1' ? '0\n' : '100\n');
  }

  private quota(): number {
    return Number(this.files.get('cpu.max')?.split(' ')[0]);
  }

  private writeLine(file: string, value: string): void {
    const [key = '', ...words] = value.split(' ');
    const lines = new Map(
      (this.files.get(file) ?? '')
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0] ?? '', line]),
    );
    const limits = new Map(['rbps', 'wbps', 'riops', 'wiops'].map((name) => [name, 'max']));
    for (const word of [...(lines.get(key) ?? '').split(' '), ...words]) {
      const [name = '', limit = ''] = word.split('=');
      if (limits.has(name)) limits.set(name, limit);
    }
    const gone = file === 'io.max' ? [...limits.values()].every((limit) => limit === 'max') : words[0] === 'default';
    if (gone) lines.delete(key);
    else lines.set(key, file === 'io.max' ? `${key} ${[...limits].map((pair) => pair.join('=')).join(' ')}` : value);
    this.files.set(file, [...lines.values(), ''].join('\n'));
  }
}

const everything: Resources = {
  pids: { limit: 7 },
  memory: { limit: 5000, swap: 6000, reservation: 100 },
  cpu: { quota: 4000, period: 50000, burst: 1800, idle: 1, cpus: '0' },
  blockIO: {
    weight: 500,
    throttleReadBpsDevice: [
      { major: 8, minor: 0, rate: 9 },
      { major: 8, minor: 1, rate: 9 },
    ],
    throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 3 }],
  },
};
const writes = cgroupWrites(everything);

test.each(writes.map((_, count) => count + 1))('after %i of the writes every file is put back', (count) => {
  const kernel = new Kernel();
  const before = new Map(kernel.files);
  const snapshot = new Snapshot(kernel, writes);
  for (const { file, value } of writes.slice(0, count)) {
    const name = file === 'io.bfq.weight' ? 'io.weight' : file;
    kernel.write(name, name === 'io.weight' ? 'default 4950' : value);
  }
  expect(kernel.files).not.toEqual(before);
  expect(snapshot.restore()).toEqual([]);
  expect(kernel.files).toEqual(before);
});

test('a burst that only fits the new quota does not keep the old quota from coming back', () => {
  const kernel = new Kernel();
  const before = new Map(kernel.files);
  const snapshot = new Snapshot(kernel, writes);
  kernel.write('cpu.max', '4000 50000');
  kernel.write('cpu.max.burst', '3000');
  expect(snapshot.restore()).toEqual([]);
  expect(kernel.files).toEqual(before);
});

test('a file that does not take its old value is named, and the others are put back', () => {
  const kernel = new Kernel();
  const snapshot = new Snapshot(kernel, writes);
  kernel.write('pids.max', '7');
  kernel.write('memory.max', '5000');
  kernel.refused = 'memory.max';
  expect(snapshot.restore()).toEqual(['memory.max']);
  expect(kernel.files.get('pids.max')).toBe('max\n');
});

test('a file that can only be written has nothing to put back', () => {
  const kernel = new Kernel();
  const snapshot = new Snapshot(kernel, cgroupWrites({ unified: { 'memory.reclaim': '1' } }));
  expect(snapshot.restore()).toEqual([]);
});
