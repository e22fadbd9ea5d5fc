/** A command of runnc as data, from which both parsers work: commander, and the short way for the calls of engines. */
import type { Context } from '../lifecycle/context.ts';

export interface OptionSpec {
  /** As commander has them: `-b, --bundle <path>`, `--no-pivot`. */
  readonly flags: string;
  readonly description: string;
  readonly preset?: string;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** Left out of the help. */
  readonly hidden?: boolean;
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandSpec {
  readonly name: string;
  readonly description: string;
  /** As commander has them: `<id>`, `[signal]`, `[options...]`. */
  readonly arguments: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Takes whatever is given: for commands that end in an error anyway. */
  readonly lenient?: boolean;
  /** Does it; returns the exit status. Missing optional arguments are undefined. */
  run(context: Context, args: readonly (string | undefined)[], options: OptionValues): Promise<number>;
}

/** What an option is called and whether it has a value. */
export interface OptionShape {
  readonly short: string | undefined;
  readonly long: string;
  /** Name of its value: `--pid-file` is `pidFile`, `--no-pivot` is `pivot`. */
  readonly key: string;
  readonly takesValue: boolean;
  readonly negated: boolean;
}

export function shapeOf({ flags }: OptionSpec): OptionShape {
  const words = flags.split(/[ ,]+/);
  const long = words.find((word) => word.startsWith('--')) as string;
  const negated = long.startsWith('--no-');
  const key = long.slice(negated ? 5 : 2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const short = words.find((word) => /^-[^-]/.test(word));
  return { short, long, key, negated, takesValue: flags.includes('<') };
}
