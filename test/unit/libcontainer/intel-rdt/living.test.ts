import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Engine } from '../../../../src/engine/engine.ts';
import { SyscallError } from '../../../../src/engine/errors.ts';
import { rdtStatistics } from '../../../../src/libcontainer/intel-rdt/statistics.ts';
import { schemaChange } from '../../../../src/libcontainer/intel-rdt/update.ts';
import { engine } from '../../syscalls/support.ts';

let root: string;
/** Every write, in order. */
let written: string[];
let refuses: (line: string) => boolean;
let machine: Pick<Engine, 'files' | 'encode' | 'decode'>;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-resctrl-'));
  written = [];
  refuses = () => false;
  const write = (_: number, bytes: Uint8Array): void => {
    const line = engine.decode(bytes);
    if (refuses(line)) throw new SyscallError('write', [], 22, 'EINVAL');
    written.push(line.trim());
  };
  const mountinfo = `1 1 0:1 / ${root} rw - resctrl resctrl rw\n`;
  const read = (file: string): Uint8Array =>
    file === '/proc/self/mountinfo' ? engine.encode(mountinfo) : engine.files.read(file);
  const readdir = (directory: string): string[] => {
    if (!fs.existsSync(directory)) throw new SyscallError('scandir', [directory], 2, 'ENOENT');
    return engine.files.readdir(directory);
  };
  const stat: Engine['files']['stat'] = (file) => {
    if (!fs.existsSync(file)) throw new SyscallError('stat', [file], 2, 'ENOENT');
    return engine.files.stat(file);
  };
  machine = { encode: engine.encode, decode: engine.decode, files: { ...engine.files, read, readdir, stat, write } };
});
afterEach(() => fs.rmSync(root, { recursive: true }));

function make(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), `${text}\n`);
  }
}

const cache = { 'info/L3/cbm_mask': 'fffff', 'info/L3/min_cbm_bits': '1', 'info/L3/num_closids': '16' };
const bandwidth = {
  'info/MB/bandwidth_gran': '10',
  'info/MB/delay_linear': '1',
  'info/MB/min_bandwidth': '10',
  'info/MB/num_closids': '8',
};
const groups = {
  schemata: '    L3:0=fffff\n    MB:0=100',
  'c1/schemata': '    L3:0=f\n    MB:0= 20',
};

describe('another schema', () => {
  test('is written, and what gives it back writes the old line', () => {
    make({ ...cache, ...bandwidth, ...groups });
    const restore = schemaChange(machine, 'c1', {}, { l3CacheSchema: 'L3:0=3' })();
    expect(written).toEqual(['L3:0=3']);
    restore();
    expect(written).toEqual(['L3:0=3', 'L3:0=f']);
  });

  test('that is refused takes the ones before it back', () => {
    make({ ...cache, ...bandwidth, ...groups });
    refuses = (line) => line.startsWith('MB:0=5');
    const change = schemaChange(machine, 'c1', {}, { l3CacheSchema: 'L3:0=3', memBwSchema: 'MB:0=5' });
    expect(change).toThrow('write "MB:0=5" to');
    expect(written).toEqual(['L3:0=3', 'L3:0=f', 'MB:0= 20']);
  });

  test('needs the feature, and a class of service', () => {
    make(groups);
    const change = (schemas: object, rdt?: object) => () => schemaChange(machine, 'c1', rdt, schemas);
    expect(change({ l3CacheSchema: 'L3:0=3' }, {})).toThrow('Intel RDT/CAT: l3 cache schema is not enabled');
    expect(change({ memBwSchema: 'MB:0=5' }, {})).toThrow('Intel RDT/MBA: memory bandwidth schema is not enabled');
    make({ ...cache, ...bandwidth });
    const message = 'updating a non-existent Intel RDT configuration is not supported';
    expect(change({ l3CacheSchema: 'L3:0=3' })).toThrow(message);
    expect(change({})).not.toThrow();
  });
});

describe('statistics', () => {
  test('are empty for a container without a class of service, or on a CPU without any of it', () => {
    make({ ...cache, ...groups });
    expect(rdtStatistics(machine, 'c1', undefined)).toEqual({});
    fs.rmSync(path.join(root, 'info'), { recursive: true });
    expect(rdtStatistics(machine, 'c1', {})).toEqual({ schemata: ['L3:0=f', 'MB:0= 20'] });
  });

  test('tell of cache and bandwidth, and of what was counted in the group of its own', () => {
    make({
      ...cache,
      ...bandwidth,
      ...groups,
      'info/L3_MON/mon_features': 'llc_occupancy\nmbm_total_bytes',
      'c1/mon_groups/c1/mon_data/mon_L3_00/llc_occupancy': '123',
      'c1/mon_groups/c1/mon_data/mon_L3_00/mbm_total_bytes': '18446744073709551615',
      'c1/mon_groups/c1/mon_data/mon_L3_01/llc_occupancy': '4',
      'c1/mon_groups/c1/mon_data/mon_L3_01/mbm_total_bytes': 'Unavailable',
    });
    expect(rdtStatistics(machine, 'c1', { enableMonitoring: true })).toEqual({
      l3_cache_info: { cbm_mask: 'fffff', min_cbm_bits: 1, num_closids: 16 },
      l3_cache_schema_root: 'L3:0=fffff',
      l3_cache_schema: 'L3:0=f',
      mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
      mem_bw_schema_root: 'MB:0=100',
      mem_bw_schema: 'MB:0= 20',
      schemata: ['L3:0=f', 'MB:0= 20'],
      mbm_stats: [
        { mbm_total_bytes: 18446744073709551615n, mbm_local_bytes: 0 },
        { mbm_total_bytes: 0, mbm_local_bytes: 0 },
      ],
      cmt_stats: [{ llc_occupancy: 123 }, { llc_occupancy: 4 }],
    });
  });
});
