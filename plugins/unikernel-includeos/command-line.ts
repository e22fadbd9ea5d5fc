/** Arguments as IncludeOS splits them (src/kernel/service_stub.cpp, Service::start): at every kind of blank, without quotes. */

/** ARGS_MAX of service_stub.cpp, the program's name included. */
const mostWords = 64;
/** isspace(3) in the C locale. */
const blank = /[ \t\n\v\f\r]/;

/**
 * The arguments behind the program's name, which is `name` or what the boot loader puts in front.
 * @throws an error with ERR_COMMAND_LINE that quotes the argument which has no way in
 */
export function includeOsCommandLine(args: readonly string[], name?: string): string {
  const bad = args.find((arg) => arg === '' || blank.test(arg));
  if (bad !== undefined) throw refusal(`the argument ${JSON.stringify(bad)}: it splits at blanks, and knows no quotes`);
  if (args.length + 1 > mostWords) throw refusal(`${args.length} arguments: it takes ${mostWords - 1}`);
  return [...(name === undefined ? [] : [name]), ...args].join(' ');
}

/** What builds for Solo5 keep of it (src/platform/x86_solo5/kernel_start.cpp, temp_cmdline). */
export function checkSolo5Length(commandLine: string): void {
  const length = Buffer.byteLength(commandLine);
  if (length > 1023) throw refusal(`a command line of ${length} bytes: it keeps 1023`);
}

const refusal = (what: string): Error =>
  Object.assign(new Error(`IncludeOS cannot be given ${what}`), { code: 'ERR_COMMAND_LINE' });
