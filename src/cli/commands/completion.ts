import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { shells } from '../completion/shells.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Handler } from '../context.ts';
import { commandLine } from '../table.ts';
import { oneOf } from '../values.ts';

const completions = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const handler: Handler = ({ print }, { arguments: [shell = ''] }) => {
  print(completions[oneOf(shells, shell, 'shell')](commandLine));
};
