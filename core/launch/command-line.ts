/** The guest's command line: the arguments joined by single spaces, unquoted. Source: Solo5 tenders/hvt/hvt_boot_info.c (setup_cmdline). */
import { RunncError } from '../errors.ts';

/** HVT_CMDLINE_SIZE and SPT_CMDLINE_SIZE are 8192 bytes, one of which is the NUL at the end. */
export const LONGEST_COMMAND_LINE = 8191;

/** args[1..] joined by single spaces; args[0], the program, is not part of it. */
export function commandLine(args: readonly string[]): string {
  return checkCommandLine(args.slice(1).join(' '));
}

/** Returns `text` if a guest can be given it; for plugins that write a command line of their own. */
export function checkCommandLine(text: string): string {
  const size = Buffer.byteLength(text);
  if (size > LONGEST_COMMAND_LINE) {
    throw new RunncError(
      'ERR_COMMAND_LINE',
      `the command line has ${size} bytes, a Solo5 guest takes at most ${LONGEST_COMMAND_LINE}`,
      {
        hint: 'pass fewer or shorter arguments',
      },
    );
  }
  const nul = text.indexOf('\0');
  if (nul !== -1)
    throw new RunncError('ERR_COMMAND_LINE', `the command line has a NUL byte, as character ${nul + 1}`, {
      hint: 'it would end there for the guest',
    });
  // Half of a surrogate pair (JSON can say "\ud800") has no bytes in UTF-8 and would silently become U+FFFD.
  if (/\p{Surrogate}/u.test(text))
    throw new RunncError('ERR_COMMAND_LINE', 'the command line is not valid Unicode: it has half of a surrogate pair');
  return text;
}
