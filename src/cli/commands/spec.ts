import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { callerOf } from '../../libcontainer/caller.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import { defaultConfig, rootlessConfig } from '../../spec/default.ts';
import { writeJson } from '../../spec/json.ts';
import type { Handler } from '../context.ts';
import { enterBundle } from '../paths.ts';
import { flag, text } from '../values.ts';

const file = 'config.json';

export const handler: Handler = ({ engine }, { options }) => {
  enterBundle(engine.files, text(options, 'bundle'));
  const config = flag(options, 'rootless') ? rootlessConfig(callerOf(engine)) : defaultConfig();
  const fd = createFile(engine);
  try {
    engine.files.write(fd, engine.encode(writeJson(config, '\t')));
  } catch (error) {
    engine.files.unlink(file);
    throw error;
  }
  engine.files.close(fd);
};

function createFile({ files }: Engine): number {
  try {
    return files.open(file, ['O_WRONLY', 'O_CREAT', 'O_EXCL'], 0o666);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new ContainerError('exists', `File ${file} exists. Remove it first`);
  }
}
