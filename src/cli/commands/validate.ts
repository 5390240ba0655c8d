import { validate } from '../../libcontainer/validate.ts';
import type { Handler } from '../context.ts';
import { enterBundle } from '../paths.ts';
import { problemsAsJson, problemsAsText } from '../problems.ts';
import { flag, oneOf, text } from '../values.ts';

/** What is wrong is the answer, not a failure: it goes to standard output, and the exit status tells. */
export const handler: Handler = ({ engine, print }, { options }) => {
  const format = oneOf(['text', 'json'], text(options, 'format') ?? 'text', 'format');
  const verdict = validate(engine, enterBundle(engine.files, text(options, 'bundle')), {
    host: !flag(options, 'no-host'),
  });
  print(format === 'json' ? problemsAsJson(verdict) : problemsAsText(verdict));
  const fatal = verdict.problems.some(({ severity }) => severity === 'error' || flag(options, 'strict'));
  return fatal ? 1 : 0;
};
