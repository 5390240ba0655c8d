import * as fs from 'node:fs';
import { ProgramCache } from '../../../../src/libcontainer/seccomp/cache.ts';
import type { Seccomp } from '../../../../src/spec/config-linux.ts';
import { engine } from '../../syscalls/support.ts';
import { inScratch } from '../../syscalls/tools.ts';
import { quiet } from './support.ts';

const profile: Seccomp = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] };
const program = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

/** A cache in a directory of its own, beside a file that stands for the library; `compilations` counts. */
function cacheIn(root: string) {
  const library = `${root}/libseccomp.so.9`;
  fs.writeFileSync(library, 'v1');
  const state = { compilations: 0, log: [] as string[] };
  const log = { ...quiet, debug: (line: string) => void state.log.push(line) };
  const ask = (asked: Seccomp = profile, from: string | undefined = library): Uint8Array =>
    new ProgramCache({ engine, log, root }).program(asked, () => {
      state.compilations++;
      return { program, library: from };
    });
  return { ask, library, state, directory: `${root}/.cache:seccomp` };
}

test('a program is compiled once', () => {
  inScratch((root) => {
    const { ask, state } = cacheIn(root);
    expect([...ask()]).toEqual([...program]);
    expect([...ask()]).toEqual([...program]);
    expect(state.compilations).toBe(1);
  });
});

test('flags and listener do not count, whatever else differs does', () => {
  inScratch((root) => {
    const { ask, state } = cacheIn(root);
    ask();
    ask({ ...profile, flags: [], listenerPath: '/a', listenerMetadata: 'b' });
    expect(state.compilations).toBe(1);
    const others: Seccomp[] = [
      { ...profile, defaultErrnoRet: 2 },
      { ...profile, architectures: ['SCMP_ARCH_X86'] },
      { ...profile, defaultAction: 'SCMP_ACT_KILL' },
      {
        ...profile,
        syscalls: [
          { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2n ** 63n, op: 'SCMP_CMP_EQ' }] },
        ],
      },
      {
        ...profile,
        syscalls: [
          { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2n ** 63n + 1n, op: 'SCMP_CMP_EQ' }] },
        ],
      },
    ];
    for (const other of others) ask(other);
    for (const other of others) ask(other);
    expect(state.compilations).toBe(1 + others.length);
  });
});

test('another library compiles anew', () => {
  inScratch((root) => {
    const { ask, state, library } = cacheIn(root);
    ask();
    fs.writeFileSync(`${library}.new`, 'version 2');
    fs.renameSync(`${library}.new`, library);
    ask();
    fs.rmSync(library);
    expect(() => ask(profile, undefined)).not.toThrow();
    expect(state.compilations).toBe(3);
  });
});

test('a library that cannot be named leaves nothing', () => {
  inScratch((root) => {
    const { directory } = cacheIn(root);
    const cache = new ProgramCache({ engine, log: quiet, root });
    cache.program(profile, () => ({ program, library: undefined }));
    expect(fs.existsSync(directory)).toBe(false);
  });
});

const damages: readonly (readonly [string, (file: string) => void])[] = [
  ['cut short', (file) => fs.truncateSync(file, 40)],
  ['cut in the program', (file) => fs.truncateSync(file, fs.statSync(file).size - 1)],
  ['empty', (file) => fs.truncateSync(file, 0)],
  [
    'of another profile',
    (file) => fs.writeFileSync(file, fs.readFileSync(file, 'latin1').replace('read', 'open'), 'latin1'),
  ],
  [
    'of another version',
    (file) => fs.writeFileSync(file, fs.readFileSync(file, 'latin1').replace('"tsrunc":"', '"tsrunc":"9'), 'latin1'),
  ],
];
for (const [name, damage] of damages) {
  test(`a file that is ${name} is compiled over`, () => {
    inScratch((root) => {
      const { ask, state, directory } = cacheIn(root);
      ask();
      const [file = ''] = fs.readdirSync(directory);
      damage(`${directory}/${file}`);
      expect([...ask()]).toEqual([...program]);
      expect([...ask()]).toEqual([...program]);
      expect(state.compilations).toBe(2);
    });
  });
}

test('it never holds more than 64 programs', () => {
  inScratch((root) => {
    const { ask, directory, state } = cacheIn(root);
    for (let errno = 0; errno < 150; errno++) ask({ ...profile, defaultErrnoRet: errno });
    expect(state.compilations).toBe(150);
    expect(fs.readdirSync(directory).length).toBeLessThanOrEqual(64);
    expect(fs.readdirSync(directory).every((name) => /^[0-9a-f]{16}$/.test(name))).toBe(true);
  });
});

test('a cache that cannot be written is a remark in the log', () => {
  inScratch((root) => {
    const { ask, directory, state } = cacheIn(root);
    fs.writeFileSync(directory, '');
    expect([...ask()]).toEqual([...program]);
    expect(state.log.some((line) => line.startsWith('seccomp cache: '))).toBe(true);
  });
});
