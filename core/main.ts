/** The entry: from the arguments to a command; the only place that prints an error and sets the exit status. */
import { commands } from './cli/commands.ts';
import { contextOf, globalOptions } from './cli/global.ts';
import { quickParse } from './cli/quick-parse.ts';

/** The status of a command line that makes no sense. */
const usageError = 2;

async function main(argv: readonly string[]): Promise<number> {
  try {
    const parsed = quickParse(argv, globalOptions, commands);
    if (parsed) return await parsed.command.run(contextOf(parsed.global), parsed.args, parsed.options);
    return await withCommander(argv);
  } catch (error) {
    const { sayError } = await import('./cli/say-error.ts');
    return sayError(error, argv);
  }
}

async function withCommander(argv: readonly string[]): Promise<number> {
  const [{ CommanderError }, { makeProgram }, { everyCommand }] = await Promise.all([
    import('commander'),
    import('./cli/program.ts'),
    import('./cli/every-command.ts'),
  ]);
  let status = 0;
  const program = makeProgram(everyCommand, (result) => {
    status = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version have been printed; a message is for the log of an engine, too.
    if (!error.message.startsWith('error: ')) return error.exitCode === 0 ? 0 : usageError;
    const { sayError } = await import('./cli/say-error.ts');
    sayError(new Error(error.message.replace('error: ', '')), argv);
    return usageError;
  }
}

process.exit(await main(process.argv.slice(2)));
