/** All commands in one list, and those that describe them. */
import type { CommandSpec } from './command.ts';
import { commands } from './commands.ts';
import { print } from './print.ts';
import { tools } from './tools.ts';

const completion: CommandSpec = {
  name: 'completion',
  description: 'print the completion for bash, zsh or fish',
  arguments: ['<shell>'],
  options: [],
  async run(_context, [shell = '']) {
    const [{ completion }, { globalOptions }] = await Promise.all([import('./completion.ts'), import('./global.ts')]);
    print(completion(shell, everyCommand, globalOptions));
    return 0;
  },
};

const man: CommandSpec = {
  name: 'man',
  description: 'print the manual page (runnc man | man -l -)',
  arguments: [],
  options: [],
  async run() {
    const [{ manualPage }, { globalOptions }] = await Promise.all([import('./manual-page.ts'), import('./global.ts')]);
    print(manualPage(everyCommand, globalOptions));
    return 0;
  },
};

export const everyCommand: readonly CommandSpec[] = [...commands, ...tools, completion, man];
