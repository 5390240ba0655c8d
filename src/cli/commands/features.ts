import { supported } from '../../libcontainer/features.ts';
import { seccompSupport } from '../../libcontainer/seccomp/support.ts';
import { features } from '../../spec/features.ts';
import { writeJson } from '../../spec/json.ts';
import type { Handler } from '../context.ts';
import { commit, version } from '../version.ts';

export const handler: Handler = ({ engine, print }) => {
  const seccomp = seccompSupport(engine);
  const document = features({
    ...supported,
    ...(seccomp && { seccomp }),
    version,
    ...(commit !== undefined && { commit }),
  });
  print(`${writeJson(document, '    ')}\n`);
};
