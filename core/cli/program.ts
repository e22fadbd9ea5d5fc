/** The commands as a commander program: for people, who want help and to be told what is wrong. */
import { Command, Option } from 'commander';
import { OCI_VERSION } from '../oci/version.ts';
import { version } from '../version.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { contextOf, globalOptions } from './global.ts';

/** `done` is told the exit status of the command that ran. */
export function makeProgram(commands: readonly CommandSpec[], done: (status: number) => void): Command {
  const program = new Command('runnc')
    .description('starts unikernels as OCI containers')
    .version(`runnc ${version}\nspec: ${OCI_VERSION}`, '-v, --version', 'print the version')
    .enablePositionalOptions()
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const option of globalOptions) program.addOption(optionOf(option));
  for (const spec of commands) {
    const command = program.command(spec.name).description(spec.description);
    for (const argument of spec.arguments) command.argument(argument);
    for (const option of spec.options) command.addOption(optionOf(option));
    if (spec.lenient) command.allowUnknownOption().passThroughOptions();
    command.action(async () => {
      done(await spec.run(contextOf(program.opts()), command.args, command.opts()));
    });
  }
  return program;
}

function optionOf({ flags, description, preset, choices, required = false, hidden = false }: OptionSpec): Option {
  const option = new Option(flags, description).makeOptionMandatory(required).hideHelp(hidden);
  if (choices) option.choices(choices);
  return preset === undefined ? option : option.default(preset);
}
