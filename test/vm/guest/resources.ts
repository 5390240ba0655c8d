import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Resources } from '../../../src/spec/config-linux.ts';
import type { Json } from '../../integration/support/json.ts';
import { REFERENCE } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { count, until } from '../../integration/support/wait.ts';
import { cgroupOfPath } from '../cgroups.ts';
import { CONFIGS, differenceOf } from '../resource-configs.ts';

/**
 * The files of a container's cgroup beside those that runc makes of the same resources. tsrunc's code runs in this
 * process and runc in a sample of the configurations, all of them with TSRUNC_FULL: calls are slow here.
 */
const box = sandbox('resources');
const ROOT = '/sys/fs/cgroup';
const SAMPLE = count(8, CONFIGS.length);
const STRIDE = Math.ceil(CONFIGS.length / SAMPLE);

/** The settings of a cgroup by file; or that it was refused. */
type Settings = Readonly<Record<string, string>> | 'refused';

const twin = REFERENCE === undefined ? test.skip : test;

CONFIGS.forEach(({ name, resources, files }, index) => {
  test(`${name}: the kernel has what was asked for`, () => {
    const settings = byTsrunc(resources);
    if (settings === 'refused' || files === 'refused') expect(settings).toBe(files);
    else expect(settings).toMatchObject(files);
  });

  if (index % STRIDE !== 0) return;
  twin(`${name}: as runc does it`, async () => {
    const [ours, theirs] = [byTsrunc(resources), await byRunc(resources)];
    const difference = differenceOf(name);
    if (difference === undefined) expect(ours).toEqual(theirs);
    // A difference that is none is to be taken off the list.
    else expect(theirs).not.toEqual(ours);
  });
});

function byTsrunc(resources: Resources): Settings {
  const cgroupsPath = `/${box.id()}`;
  const cgroup = cgroupOfPath(cgroupsPath);
  try {
    cgroup.create({ resources }, process.pid);
    return settingsOf(path.join(ROOT, cgroupsPath));
  } catch {
    return 'refused';
  } finally {
    cgroup.undo();
  }
}

/** Without its `delete`, which takes as long as its `create`. */
async function byRunc(resources: Resources): Promise<Settings> {
  const id = box.id();
  const patch = { '/linux/cgroupsPath': `/${id}`, '/linux/resources': json(resources) };
  const container = box.tryCreate({ id, patch, runtime: REFERENCE ?? '' });
  const directory = path.join(ROOT, id);
  if (container.created.status !== 0) return 'refused';
  const settings = settingsOf(directory);
  fs.writeFileSync(path.join(directory, 'cgroup.kill'), '1');
  await until('the cgroup is gone', () => removed(directory));
  fs.rmSync(path.join(box.root, id), { recursive: true });
  return settings;
}

/** It is busy as long as a killed process is not reaped. */
function removed(directory: string): boolean {
  try {
    fs.rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}

function json(value: unknown): Json {
  if (Array.isArray(value)) return value.map(json);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, json(item)]));
  }
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string' || value === true
    ? value
    : false;
}

/** Every file that can be read and written; a list of processes is no setting. */
function settingsOf(directory: string): Settings {
  const isSetting = (name: string) =>
    !/^cgroup\.(procs|threads)$/.test(name) && (fs.statSync(path.join(directory, name)).mode & 0o600) === 0o600;
  const names = fs.readdirSync(directory).filter(isSetting);
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(directory, name), 'utf8').trim()]));
}
