/**
 * The short way from arguments to a command, for the plain forms that engines use. Whatever is not plain (help, an unknown or
 * abbreviated option, a missing or surplus argument, a value that is not among the choices) is left to commander, which
 * knows what to say about it; it costs two milliseconds to load, five times for each `docker run`.
 */
import { type CommandSpec, type OptionSpec, type OptionValues, shapeOf } from './command.ts';

export interface Parsed {
  readonly global: OptionValues;
  readonly command: CommandSpec;
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
}

/** Undefined for what is not plain. */
export function quickParse(
  argv: readonly string[],
  global: readonly OptionSpec[],
  commands: readonly CommandSpec[],
): Parsed | undefined {
  const before = readOptions(argv, 0, global);
  if (!before) return undefined;
  const command = commands.find(({ name }) => name === argv[before.next]);
  if (!command || command.lenient) return undefined;
  const args: string[] = [];
  let values: OptionValues = before.presets(command.options);
  for (let next = before.next + 1; next < argv.length; ) {
    const word = argv[next] as string;
    if (!word.startsWith('-')) {
      args.push(word);
      next += 1;
      continue;
    }
    const read = readOptions(argv, next, command.options);
    if (!read || read.next === next) return undefined;
    values = { ...values, ...read.given };
    next = read.next;
  }
  if (args.length > command.arguments.length || command.arguments.some((name) => name.endsWith('...]'))) return undefined;
  if (command.arguments.some((name, index) => name.startsWith('<') && args[index] === undefined)) return undefined;
  if (command.options.some((option) => option.required && values[shapeOf(option).key] === undefined)) return undefined;
  return { global: { ...before.presets(global), ...before.given }, command, args, options: values };
}

/** Reads options from `next` on, up to the first word that is none. */
function readOptions(argv: readonly string[], start: number, specs: readonly OptionSpec[]) {
  const given: Record<string, string | boolean> = {};
  let next = start;
  for (; next < argv.length; next++) {
    const word = argv[next] as string;
    if (!word.startsWith('-')) break;
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const spec = specs.find((candidate) => {
      const { long, short } = shapeOf(candidate);
      return long === name || short === name;
    });
    if (!spec) return undefined;
    const { key, takesValue, negated } = shapeOf(spec);
    if (!takesValue) {
      if (equals >= 0) return undefined;
      given[key] = !negated;
      continue;
    }
    const value = equals < 0 ? argv[++next] : word.slice(equals + 1);
    if (value === undefined || (spec.choices && !spec.choices.includes(value))) return undefined;
    given[key] = value;
  }
  return { next, given: given as OptionValues, presets };
}

/** What holds where nothing is given: the presets, and true for options that can be negated. */
function presets(specs: readonly OptionSpec[]): OptionValues {
  return Object.fromEntries(
    specs.flatMap((spec): (readonly [string, string | boolean])[] => {
      const { key, negated } = shapeOf(spec);
      if (negated) return [[key, true]];
      return spec.preset === undefined ? [] : [[key, spec.preset]];
    }),
  );
}
