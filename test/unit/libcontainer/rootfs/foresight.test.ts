import { Foresight, type Place } from '../../../../src/libcontainer/rootfs/foresight.ts';

const directory: Place = { isDirectory: true, mode: 0o1777 };
let foresight: Foresight;
beforeEach(() => {
  foresight = new Foresight();
  foresight.see('/tmp', directory);
  foresight.see('/dev', 'missing');
  foresight.see('/a/b', 'missing');
});

describe('what a survey has found', () => {
  test('is known by any name of the same place', () => {
    expect(foresight.at('//tmp/.')).toBe(directory);
    expect(foresight.at('dev')).toBe('missing');
  });

  test('says nothing of other places, nor of dots', () => {
    expect(foresight.at('/tmp/x')).toBeUndefined();
    expect(foresight.at('/dev/pts')).toBeUndefined();
    expect(foresight.at('/tmp/../tmp')).toBeUndefined();
  });

  test('a path of thousands is looked up, made and covered in no time', () => {
    const deep = '/d'.repeat(5000);
    foresight.covered('/d', 'empty');
    for (let i = 0; i < 10; i++) {
      expect(foresight.along(deep).filter((sight) => sight === 'missing')).toHaveLength(i === 0 ? 4999 : 0);
      foresight.made(deep, 'directory');
    }
    foresight.covered(deep, 'kernel');
    expect(foresight.at(`${deep}/d`)).toBeUndefined();
  }, 1000);

  test('the root is a directory', () => expect(foresight.at('/')).toMatchObject({ isDirectory: true }));
});

describe('under a mount', () => {
  test('of a new tmpfs there is nothing but what was made', () => {
    foresight.covered('/dev', 'empty');
    expect(foresight.at('/dev')).toMatchObject({ isDirectory: true });
    expect(foresight.at('/dev/pts')).toBe('missing');
    foresight.made('/dev/a/b', 'directory');
    expect(foresight.at('/dev/a')).toMatchObject({ isDirectory: true });
    expect(foresight.at('/dev/a/b')).toMatchObject({ isDirectory: true });
    expect(foresight.at('/dev/a/c')).toBe('missing');
  });

  test('a file that was made has to be looked at', () => {
    foresight.covered('/dev', 'empty');
    foresight.made('/dev/a/file', 'file');
    expect(foresight.at('/dev/a')).toMatchObject({ isDirectory: true });
    expect(foresight.at('/dev/a/file')).toBeUndefined();
  });

  test('what somebody has perhaps made has to be looked at', () => {
    foresight.covered('/dev', 'empty');
    foresight.unsure('/dev/fd');
    expect(foresight.at('/dev/fd')).toBeUndefined();
    expect(foresight.at('/dev/fe')).toBe('missing');
  });

  test.each(['kernel', 'other'] as const)('of another kind (%s) nothing is known', (shape) => {
    foresight.covered('/tmp', shape);
    expect(foresight.at('/tmp')).toBeUndefined();
    expect(foresight.at('/tmp/x')).toBeUndefined();
  });

  test('what was known before is hidden', () => {
    foresight.covered('/a', 'other');
    expect(foresight.at('/a/b')).toBeUndefined();
    foresight.covered('/dev', 'empty');
    foresight.made('/dev/x', 'directory');
    foresight.covered('/dev/y', 'other');
    foresight.covered('/dev', 'empty');
    expect(foresight.at('/dev/x')).toBe('missing');
    expect(foresight.at('/dev/y/z')).toBe('missing');
  });

  test('the innermost counts', () => {
    foresight.covered('/dev', 'empty');
    foresight.covered('/dev/pts', 'kernel');
    expect(foresight.at('/dev/pts/0')).toBeUndefined();
    expect(foresight.at('/dev/ptsx')).toBe('missing');
  });
});

describe('after something was opened where it had not been foreseen', () => {
  test('nothing is foreseen any more: a link may have led anywhere', () => {
    foresight.groped('/link/x');
    expect(foresight.at('/tmp')).toBeUndefined();
  });

  test('in a file system of the kernel, all else is as it was', () => {
    foresight.covered('/sys', 'kernel');
    foresight.groped('/sys/fs/cgroup');
    expect(foresight.at('/tmp')).toBe(directory);
  });

  test.each<[string, (path: string) => void]>([
    ['opened', (path) => foresight.groped(path)],
    ['mounted on', (path) => foresight.covered(path, 'kernel')],
  ])('nor was it, if it was %s by a name with dots', (_, act) => {
    foresight.covered('/sys', 'kernel');
    act('/sys/../tmp');
    expect(foresight.at('/tmp')).toBeUndefined();
  });

  test('or somebody else was there', () => {
    foresight.forget();
    expect(foresight.at('/tmp')).toBeUndefined();
    expect(foresight.at('/')).toMatchObject({ isDirectory: true });
  });
});
