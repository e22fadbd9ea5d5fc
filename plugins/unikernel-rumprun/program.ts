/** The program's arguments, in one of the two forms that rumprun has for them. */
import { refusal, string } from './string.ts';

/**
 * `cmdline` is one string that rumprun splits (parseargs.c): at blanks, tabs and line breaks, with backslashes and both kinds of
 * quotes. The backslash has to satisfy the JSON reader too, which knows `\\` and `\"` but not `\'`: a single quote has no way in.
 * `rc` is a list of strings as they are: single quotes are nothing special, but `"` and `\` have no way in.
 */
export function programKey(args: readonly string[]): string {
  const quote = args.find((arg) => arg.includes("'"));
  if (quote === undefined) return `"cmdline":"${args.map(word).join(' ')}"`;
  const other = args.find((arg) => /["\\]/.test(arg));
  if (other !== undefined) {
    throw refusal(
      other === quote
        ? `the argument ${JSON.stringify(quote)}: a single quote together with a double quote or backslash has no way in`
        : `the arguments ${JSON.stringify(quote)} and ${JSON.stringify(other)} at once: a single quote and a double quote or backslash exclude each other`,
    );
  }
  const [name = '', ...rest] = args.map((arg) => string(arg, 'the argument'));
  return `"rc":[{"bin":${name},"argv":[${rest.join(',')}]}]`;
}

function word(arg: string): string {
  const escaped = arg.replace(/["\\]/g, '\\$&');
  return arg === '' || /[ \t\n]/.test(arg) ? `'${escaped}'` : escaped;
}
