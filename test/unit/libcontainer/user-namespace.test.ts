import { withUserNamespace } from '../../../src/libcontainer/user-namespace.ts';
import type { Config } from '../../../src/spec/config.ts';
import { defaultConfig } from '../../../src/spec/default.ts';
import { engineWith } from './support.ts';

const FILES = {
  '/etc/passwd': 'joe:x:7:8::/:/bin/sh\n',
  '/etc/subuid': 'joe:100000:65536\n',
  '/etc/subgid': 'joe:200000:1000\n',
};
const HELPERS = { '/sbin/newuidmap': '', '/sbin/newgidmap': '' };
const joe = { uid: 7, gid: 8, isAdmin: false };

let remarks: string[];
beforeEach(() => {
  remarks = [];
});

function made(files: Readonly<Record<string, string>>, config: Config, caller = joe): Config {
  const engine = engineWith(files, { PATH: '/bin:/sbin' });
  const log = { debug: (message: string) => void remarks.push(message) };
  return withUserNamespace({ engine, log }, caller, config);
}

test('a caller with further IDs gets them behind its own', () => {
  const { linux } = made({ ...FILES, ...HELPERS }, defaultConfig());
  expect(linux?.namespaces).toContainEqual({ type: 'user' });
  expect(linux?.uidMappings).toEqual([
    { containerID: 0, hostID: 7, size: 1 },
    { containerID: 1, hostID: 100_000, size: 65_536 },
  ]);
  expect(linux?.gidMappings).toEqual([
    { containerID: 0, hostID: 8, size: 1 },
    { containerID: 1, hostID: 200_000, size: 1000 },
  ]);
  expect(remarks).toEqual([
    'the caller is not root: user namespace with uids 0:7:1,1:100000:65536, gids 0:8:1,1:200000:1000',
  ]);
});

test.each([
  ['no further IDs', { ...HELPERS, '/etc/passwd': FILES['/etc/passwd'] }],
  ['no helpers that could map them', FILES],
])('a caller with %s gets its own', (_, files) => {
  const { linux } = made(files, defaultConfig());
  expect(linux?.uidMappings).toEqual([{ containerID: 0, hostID: 7, size: 1 }]);
  expect(linux?.gidMappings).toEqual([{ containerID: 0, hostID: 8, size: 1 }]);
});

test('a gid of devpts stays if it is mapped', () => {
  const devpts = ({ mounts = [] }: Config) => mounts.find(({ type }) => type === 'devpts')?.options;
  expect(devpts(made({ ...FILES, ...HELPERS }, defaultConfig()))).toContain('gid=5');
  expect(devpts(made(FILES, defaultConfig()))).not.toContain('gid=5');
});

test('a user of the process that is not mapped is refused, with the field', () => {
  const config = defaultConfig();
  const asked: Config = { ...config, process: { cwd: '/', ...config.process, user: { uid: 5, gid: 0 } } };
  const error = expect.objectContaining({ code: 'invalid-config', pointer: '/process/user/uid' });
  expect(() => made(FILES, asked)).toThrow(error);
  expect(made({ ...FILES, ...HELPERS }, asked).process?.user?.uid).toBe(5);
});

test.each([
  ['root', { uid: 0, gid: 0, isAdmin: true }, defaultConfig()],
  [
    'a config that has a user namespace',
    joe,
    { ...defaultConfig(), linux: { namespaces: [{ type: 'user' as const }] } },
  ],
])('%s is left alone', (_, caller, config) => {
  expect(made({ ...FILES, ...HELPERS }, config, caller)).toBe(config);
  expect(remarks).toEqual([]);
});

test('root without CAP_SYS_ADMIN needs one as well', () => {
  const { linux } = made(FILES, defaultConfig(), { uid: 0, gid: 0, isAdmin: false });
  expect(linux?.uidMappings).toEqual([{ containerID: 0, hostID: 0, size: 1 }]);
});
