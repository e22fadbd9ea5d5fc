/** The options that a unikernel lists when it is asked for help (`--help=plain`): Cmdliner's manual page as plain text. */

/** Far more than any unikernel has. */
const mostOptions = 1000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Cmdliner 2 may style its text (ECMA-48, "SGR")
const style = /\x1b\[[0-9;]*m/g;

/**
 * Their long names, without dashes; undefined for a text that is no such page. An option is a line indented by seven blanks that
 * begins with a dash, `-l LEVEL, --logs=LEVEL (absent=info)`; what describes it is indented further (cmdliner, cmdliner_manpage.ml).
 * Whatever the program prints besides, Solo5's banner first, has no such lines.
 */
export function optionsOfHelp(text: string): readonly string[] | undefined {
  const names = new Set<string>();
  for (const line of text.replace(style, '').split(/\r?\n/)) {
    const [, definition] = /^ {7}(-[^(]*)/.exec(line) ?? [];
    for (const [, name] of (definition ?? '').matchAll(/(?:^|, )--([A-Za-z0-9][A-Za-z0-9_-]*)/g)) names.add(name as string);
    if (names.size > mostOptions) return undefined;
  }
  // Every page lists the option by which it was asked for.
  return names.has('help') ? [...names] : undefined;
}
