/** Says what went wrong, where engines and people look for it. */
import { sentenceOf } from '../errors.ts';
import { openLog } from '../log.ts';
import { writeAll } from '../sys/files.ts';
import { shapeOf } from './command.ts';
import { globalOptions } from './global.ts';

/**
 * Writes the error to the log, and to standard error unless that belongs to a container already: on `create` with a log
 * the engine reads it from there. Returns the exit status.
 */
export function sayError(error: unknown, argv: readonly string[]): number {
  const sentence = sentenceOf(error);
  const file = optionValue(argv, '--log');
  const format = optionValue(argv, '--log-format') === 'json' ? 'json' : 'text';
  if (file !== undefined) openLog({ file, format, debug: false }).error(sentence);
  const isContainers = file !== undefined && commandOf(argv) === 'create' && !argv.includes('--console-socket');
  if (!isContainers)
    writeAll(2, Buffer.from(file === undefined && format === 'json' ? jsonLine(sentence) : `runnc: ${sentence}\n`));
  if (argv.includes('--debug') && error instanceof Error)
    openLog({ ...(file === undefined ? {} : { file }), format, debug: true }).debug(error.stack ?? '');
  return 1;
}

const jsonLine = (msg: string) => `${JSON.stringify({ level: 'error', msg, time: new Date().toISOString() })}\n`;

/** The first word that is neither a global option nor the value of one. */
function commandOf(argv: readonly string[]): string | undefined {
  const withValue = globalOptions.map(shapeOf).filter(({ takesValue }) => takesValue);
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string;
    if (!word.startsWith('-')) return word;
    if (withValue.some(({ long }) => long === word)) index += 1;
  }
  return undefined;
}

/** The value of a global option, read without the parser: what failed may be the parser. */
function optionValue(argv: readonly string[], option: string): string | undefined {
  const index = argv.findIndex((argument) => argument === option || argument.startsWith(`${option}=`));
  if (index < 0) return undefined;
  const found = argv[index] as string;
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : argv[index + 1];
}
