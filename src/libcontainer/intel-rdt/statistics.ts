import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { IntelRdt } from '../../spec/config.ts';
import type { Integer } from '../../spec/config-linux.ts';
import { exact } from '../cgroups/statistics/numbers.ts';
import { RdtGroup, resctrlRoot } from './group.ts';

type Machine = Pick<Engine, 'files' | 'encode' | 'decode'>;

/** What resctrl says of a container's class of service, in the keys of `runc events`. */
export interface RdtStatistics {
  readonly l3_cache_info?: { readonly cbm_mask: string; readonly min_cbm_bits: Integer; readonly num_closids: Integer };
  readonly l3_cache_schema_root?: string | undefined;
  readonly l3_cache_schema?: string | undefined;
  readonly mem_bw_info?: {
    readonly bandwidth_gran: Integer;
    readonly delay_linear: Integer;
    readonly min_bandwidth: Integer;
    readonly num_closids: Integer;
  };
  readonly mem_bw_schema_root?: string | undefined;
  readonly mem_bw_schema?: string | undefined;
  readonly schemata?: readonly string[];
  /** By L3 cache: memory bandwidth. */
  readonly mbm_stats?: readonly Readonly<Record<'mbm_total_bytes' | 'mbm_local_bytes', Integer>>[];
  /** By L3 cache: what of it is occupied. */
  readonly cmt_stats?: readonly Readonly<Record<'llc_occupancy', Integer>>[];
}

/** Nothing for a container without `rdt`. */
export function rdtStatistics(machine: Machine, id: string, rdt: IntelRdt | undefined): RdtStatistics {
  const root = rdt && resctrlRoot(machine);
  if (!rdt || root === undefined) return {};
  const { directory, monitor } = new RdtGroup(machine, root, id, rdt);
  const reader = new Reader(machine);
  const ofRoot = reader.lines(`${root}/schemata`);
  const own = reader.lines(`${directory}/schemata`);
  return {
    ...cacheStatistics(reader, `${root}/info/L3`, ofRoot, own),
    ...bandwidthStatistics(reader, `${root}/info/MB`, ofRoot, own),
    schemata: own,
    // Without a monitoring group of its own it is counted together with others of its class.
    ...monitoring(reader, `${root}/info/L3_MON`, `${monitor ?? directory}/mon_data`),
  };
}

function cacheStatistics(reader: Reader, info: string, root: readonly string[], own: readonly string[]): RdtStatistics {
  if (reader.names(info).length === 0) return {};
  return {
    l3_cache_info: {
      cbm_mask: reader.text(`${info}/cbm_mask`),
      min_cbm_bits: reader.number(`${info}/min_cbm_bits`),
      num_closids: reader.number(`${info}/num_closids`),
    },
    l3_cache_schema_root: lineOf('L3', root),
    l3_cache_schema: lineOf('L3', own),
  };
}

function bandwidthStatistics(
  reader: Reader,
  info: string,
  root: readonly string[],
  own: readonly string[],
): RdtStatistics {
  if (reader.names(info).length === 0) return {};
  return {
    mem_bw_info: {
      bandwidth_gran: reader.number(`${info}/bandwidth_gran`),
      delay_linear: reader.number(`${info}/delay_linear`),
      min_bandwidth: reader.number(`${info}/min_bandwidth`),
      num_closids: reader.number(`${info}/num_closids`),
    },
    mem_bw_schema_root: lineOf('MB', root),
    mem_bw_schema: lineOf('MB', own),
  };
}

function monitoring(reader: Reader, info: string, data: string): RdtStatistics {
  if (reader.names(info).length === 0) return {};
  const features = reader.lines(`${info}/mon_features`);
  const caches = reader.names(data).sort();
  const count = (cache: string, feature: string): Integer =>
    features.includes(feature) ? reader.number(`${data}/${cache}/${feature}`) : 0;
  return {
    ...(features.some((feature) => feature.startsWith('mbm_')) && {
      mbm_stats: caches.map((cache) => ({
        mbm_total_bytes: count(cache, 'mbm_total_bytes'),
        mbm_local_bytes: count(cache, 'mbm_local_bytes'),
      })),
    }),
    ...(features.includes('llc_occupancy') && {
      cmt_stats: caches.map((cache) => ({ llc_occupancy: count(cache, 'llc_occupancy') })),
    }),
  };
}

function lineOf(resource: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith(resource));
}

class Reader {
  constructor(private readonly machine: Machine) {}

  text(path: string): string {
    return this.machine.decode(this.machine.files.read(path)).trim();
  }

  lines(path: string): string[] {
    return this.text(path)
      .split('\n')
      .map((line) => line.trim());
  }

  /** Zero for words: a counter may be `Unavailable`. */
  number(path: string): Integer {
    const text = this.text(path);
    return /^\d+$/.test(text) ? exact(BigInt(text)) : 0;
  }

  /** None in a directory that is not there. */
  names(path: string): string[] {
    try {
      return this.machine.files.readdir(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
