import { type ErrorCode, errorCodes, isErrorCode } from '../../libcontainer/error-codes.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import type { Handler } from '../context.ts';

/** One code, or all: what the `code` of an error means, and what to do. */
export const handler: Handler = ({ print }, { arguments: [code] }) => {
  if (code === undefined) return print(Object.keys(errorCodes).filter(isErrorCode).map(explanation).join('\n'));
  if (!isErrorCode(code))
    throw new ContainerError('invalid-argument', `there is no error code ${JSON.stringify(code)}`);
  print(explanation(code));
};

function explanation(code: ErrorCode): string {
  const { means, cure } = errorCodes[code];
  return `${code}\n   ${means}\n   ${cure}\n`;
}
