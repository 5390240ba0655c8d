import { supported } from '../../libcontainer/features.ts';
import { features } from '../../spec/features.ts';
import { writeJson } from '../../spec/json.ts';
import type { Handler } from '../context.ts';
import { commit, version } from '../version.ts';

export const handler: Handler = ({ print }) => {
  const document = features({ ...supported, version, ...(commit !== undefined && { commit }) });
  print(`${writeJson(document, '    ')}\n`);
};
