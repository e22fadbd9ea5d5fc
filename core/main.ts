/** The entry: from the arguments to a command; the only place that prints an error and sets the exit status. */
import { CommanderError } from 'commander';
import { makeProgram } from './cli/program.ts';
import { sayError } from './cli/say-error.ts';

/** The status of a command line that makes no sense. */
const usageError = 2;

const program = makeProgram(process.argv.slice(2), (status) => {
  process.exitCode = status;
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  // Commander has said what was wrong, or printed help.
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? 0 : usageError) : sayError(error, process.argv.slice(2));
}
process.exit();
