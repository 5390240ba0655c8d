import { ContainerError } from '../../libcontainer/errors.ts';
import type { Handler } from '../context.ts';
import { helpText } from '../help.ts';
import { commandLine } from '../table.ts';

export const handler: Handler = ({ print }, { arguments: [topic] }) => {
  const command = commandLine.commands.find(({ name }) => name === topic);
  if (topic !== undefined && command === undefined) {
    throw new ContainerError('invalid-argument', `No help topic for '${topic}'`);
  }
  print(helpText(commandLine, command));
};
