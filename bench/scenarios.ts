import * as fs from 'node:fs';
import * as path from 'node:path';
import { CACHE_PREFIX } from '../src/libcontainer/store.ts';
import type { Config, Place, Runtime } from './place.ts';

/** Something that is timed. What `prepare` does before and `tidy` after each time does not count. */
export interface Scenario {
  readonly name: string;
  prepare?(runtime: Runtime, id: string): void;
  run(runtime: Runtime, id: string): void;
  tidy?(runtime: Runtime, id: string): void;
  /** Of the ordinary number of repetitions: for what takes long. */
  readonly share?: number;
}

export function scenarios(place: Place): Scenario[] {
  const plain = place.bundle();
  const sleeping = place.bundle(({ process }) => Object.assign(process, { args: ['/bin/sleep', '1000'] }));
  const create = (runtime: Runtime, id: string): void => place.call(runtime, ['create', '--bundle', sleeping, id]);
  const start = (runtime: Runtime, id: string): void => place.call(runtime, ['start', id]);
  const kill = (runtime: Runtime, id: string): void => place.call(runtime, ['kill', id, 'KILL']);
  const remove = (runtime: Runtime, id: string): void => place.call(runtime, ['delete', '--force', id]);
  const running = (runtime: Runtime, id: string): void => {
    create(runtime, id);
    start(runtime, id);
  };
  const run = (name: string, bundle: string): Scenario => ({
    name,
    run: (runtime, id) => place.call(runtime, ['run', '--bundle', bundle, id]),
  });
  return [
    { name: '--version', run: (runtime) => place.call(runtime, ['--version']) },
    { name: 'state', prepare: running, run: (runtime, id) => place.call(runtime, ['state', id]), tidy: remove },
    { name: 'create', run: create, tidy: remove },
    { name: 'start', prepare: create, run: start, tidy: remove },
    {
      name: 'exec true',
      prepare: running,
      run: (runtime, id) => place.call(runtime, ['exec', id, '/bin/true']),
      tidy: remove,
    },
    { name: 'kill', prepare: running, run: kill, tidy: remove },
    { name: 'delete', prepare: create, run: remove },
    run('run true', plain),
    {
      name: '100 × run true, in sequence',
      share: 0.1,
      run: (runtime, id) => many(place, runtime, 1, ['run', '--bundle', plain], id),
    },
    {
      name: '100 × create, at once',
      share: 0.1,
      run: (runtime, id) => many(place, runtime, 100, ['create', '--bundle', sleeping], id),
      tidy: (runtime, id) => many(place, runtime, 4, ['delete', '--force'], id),
    },
    run('run, 200 mounts', place.bundle(manyMounts)),
    run('run, 300 masked paths', place.bundle(manyMasks)),
    run('run, a seccomp profile, cached', place.bundle(profile)),
    {
      ...run('run, a seccomp profile, new', place.bundle(profile)),
      prepare: (runtime) => forgetFilters(place.root(runtime)),
    },
  ];
}

/** A command for a hundred containers, so many at once. */
function many(place: Place, runtime: Runtime, atOnce: number, args: readonly string[], id: string): void {
  const each = `seq 100 | xargs -P ${atOnce} -I @ "$@" ${id}-@`;
  place.call(runtime, args, ['sh', '-c', each, 'many']);
}

function manyMounts(config: Config): void {
  const tmpfs = (i: number) => ({ destination: `/mnt/${i}`, type: 'tmpfs', source: 'tmpfs', options: ['size=64k'] });
  config.mounts.push(...Array.from({ length: 200 }, (_, i) => tmpfs(i)));
}

function manyMasks({ linux }: Config, rootfs: string): void {
  const names = Array.from({ length: 300 }, (_, i) => `/srv/masked/${i}`);
  fs.mkdirSync(path.join(rootfs, 'srv/masked'), { recursive: true });
  for (const name of names) fs.writeFileSync(path.join(rootfs, name), '');
  Object.assign(linux, { maskedPaths: names });
}

/** The one that Docker gives to every container. */
function profile({ linux }: Config): void {
  const { seccomp } = JSON.parse(fs.readFileSync('test/fixtures/configs/docker-run.json', 'utf8')).linux;
  Object.assign(linux, { seccomp });
}

function forgetFilters(root: string): void {
  const names = fs.existsSync(root) ? fs.readdirSync(root) : [];
  for (const name of names.filter((other) => other.startsWith(CACHE_PREFIX)))
    fs.rmSync(path.join(root, name), { recursive: true });
}
