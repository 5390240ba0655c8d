import * as fs from 'node:fs';
import * as path from 'node:path';

export interface BadPlace {
  readonly name: string;
  /** Spoils a good bundle. Gives what the command line gets in addition. */
  readonly prepare: (bundle: string) => { args?: readonly string[]; root?: string } | undefined;
  readonly says?: RegExp;
  /** Why runc 1.1 does not refuse it. */
  readonly runc?: string;
}

/** Files, directories and links that are not what they should be. */
export const PLACES: readonly BadPlace[] = [
  {
    name: 'a bundle without config.json',
    prepare: (bundle) => void fs.rmSync(path.join(bundle, 'config.json')),
    says: /config\.json/,
  },
  {
    name: 'a bundle that does not exist',
    prepare: () => ({ args: ['--bundle', '/nonexistent'] }),
    says: /nonexistent.*no such file or directory/i,
  },
  {
    name: 'a bundle that is a file',
    prepare: (bundle) => ({ args: ['--bundle', path.join(bundle, 'config.json')] }),
    says: /not a directory/i,
  },
  {
    name: 'a config.json that is a directory',
    prepare: (bundle) => {
      fs.rmSync(path.join(bundle, 'config.json'));
      fs.mkdirSync(path.join(bundle, 'config.json'));
      return undefined;
    },
    says: /is a directory/i,
  },
  {
    name: 'a rootfs that is missing',
    prepare: (bundle) => void fs.rmSync(path.join(bundle, 'rootfs'), { recursive: true }),
    says: /rootfs/,
  },
  {
    name: 'a rootfs that is a symbolic link',
    prepare: (bundle) => {
      fs.renameSync(path.join(bundle, 'rootfs'), path.join(bundle, 'real'));
      fs.symlinkSync('real', path.join(bundle, 'rootfs'));
      return undefined;
    },
    says: /not an absolute path, or a symlink|symbolic link|symlink/,
  },
  {
    name: 'a rootfs that is empty',
    prepare: (bundle) => {
      fs.rmSync(path.join(bundle, 'rootfs'), { recursive: true });
      fs.mkdirSync(path.join(bundle, 'rootfs'));
      return undefined;
    },
    says: /executable file not found in \$PATH/,
  },
  ...['proc', 'sys'].map(
    (name): BadPlace => ({
      name: `a rootfs whose /${name} is a symbolic link`,
      prepare: (bundle) => {
        fs.rmSync(path.join(bundle, 'rootfs', name), { recursive: true });
        fs.symlinkSync('mnt', path.join(bundle, 'rootfs', name));
        return undefined;
      },
      says: /ordinary directory|symbolic link|symlink|not a directory/,
    }),
  ),
  {
    name: 'a rootfs whose /dev is a file',
    prepare: (bundle) => {
      fs.rmSync(path.join(bundle, 'rootfs/dev'), { recursive: true });
      fs.writeFileSync(path.join(bundle, 'rootfs/dev'), '');
      return undefined;
    },
    says: /not a directory/i,
  },
  {
    name: 'a rootfs whose links go in a circle',
    prepare: (bundle) => {
      fs.rmSync(path.join(bundle, 'rootfs/dev'), { recursive: true });
      fs.symlinkSync('dev', path.join(bundle, 'rootfs/dev'));
      return undefined;
    },
    says: /too many/i,
  },
  { name: 'a state root that is a file', prepare: () => ({ root: '/etc/passwd' }), says: /not a directory/i },
  {
    name: 'a state root that cannot be made',
    prepare: () => ({ root: '/proc/nowhere/state' }),
    says: /no such file or directory|permission/i,
  },
  {
    name: 'a state root below a link that leads nowhere',
    prepare: (bundle) => {
      fs.symlinkSync('/nonexistent', path.join(bundle, 'link'));
      return { root: path.join(bundle, 'link/state') };
    },
    says: /no such file|exists|not a directory/i,
  },
  { name: 'a state root of /', prepare: () => ({ root: '/' }), says: /should not be set to \//, runc: 'since 1.2' },
  {
    name: 'a pid file in a directory that is missing',
    prepare: () => ({ args: ['--pid-file', '/nonexistent/pid'] }),
    says: /no such file or directory/i,
  },
  {
    name: 'a pid file that is a directory',
    prepare: (bundle) => ({ args: ['--pid-file', bundle] }),
    says: /exists|is a directory/i,
  },
  {
    name: 'a console socket without a terminal',
    prepare: () => ({ args: ['--console-socket', '/nonexistent'] }),
    says: /console.socket/,
  },
  {
    name: 'preserved descriptors that are not there',
    prepare: () => ({ args: ['--preserve-fds', '5'] }),
    says: /preserve/,
    runc: 'leaves standard error with the container',
  },
];
