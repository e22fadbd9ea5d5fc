/** Arguments as MirageOS splits them: one string, words apart by blanks, with quotes and backslashes (mirage/parse-argv). */

/**
 * A backslash in front of everything that any version takes for more than itself: blanks and double quotes in all; single quotes,
 * tabs and line breaks in those before 2020. It makes the next character ordinary in every version.
 * @throws an error with ERR_COMMAND_LINE for an empty argument: empty words are dropped
 */
export function word(arg: string): string {
  if (arg === '') {
    throw Object.assign(new Error('MirageOS cannot be given an empty argument: it drops empty words'), {
      code: 'ERR_COMMAND_LINE',
    });
  }
  return arg.replace(/[ \t\n\v\f\r"'\\]/g, '\\$&');
}
