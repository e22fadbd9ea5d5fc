/** Options in a page of help: one that Cmdliner 1.1.1 printed, random ones in its layout, and texts that are none. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { optionsOfHelp } from './help.ts';

/** Printed by an OCaml program with Cmdliner 1.1.1 whose options were declared as mirage_runtime_network.ml declares them. */
const printed = `NAME
       network

SYNOPSIS
       network [--verbose] [OPTION]…

UNIKERNEL PARAMETERS
       --ipv4=PREFIX (absent=10.0.0.2/24)
           The network of unikernel specified as an IP address and netmask.

       --ipv4-only=BOOL (absent=false)
           Only use IPv4 for unikernel.

       -l LEVEL, --logs=LEVEL (absent MIRAGE_LOGS env)
           Set the log level: --logs=*:debug. Also --ipv9 is mentioned here
           but is no option at all, to be sure that descriptions are not
           taken for options.

       --management-ipv4=PREFIX
           x

OPTIONS
       -v, --verbose
           A flag.

COMMON OPTIONS
       --help[=FMT] (default=auto)
           Show this help in format FMT. The value FMT must be one of auto,
           pager, groff or plain. With auto, the format is pager or plain
           whenever the TERM env var is dumb or undefined.

       --version
           Show version information.

ENVIRONMENT
       MIRAGE_LOGS
           See option --logs.
`;

const options = ['ipv4', 'ipv4-only', 'logs', 'management-ipv4', 'verbose', 'help', 'version'];

test('a page that Cmdliner printed, with and without styles, behind what Solo5 prints first', () => {
  expect(optionsOfHelp(printed)).toEqual(options);
  expect(optionsOfHelp(`            |      ___|\n  __|  _ \\  |  _ \\ __ \\\nSolo5: Memory map: 512 MB\n${printed}`)).toEqual(
    options,
  );
  expect(optionsOfHelp(printed.replaceAll('\n', '\r\n'))).toEqual(options);
  expect(optionsOfHelp(printed.replace(/--([a-z0-9-]+)/g, '\x1b[1m--$1\x1b[m'))).toEqual(options);
});

test.each(['', 'Solo5: trap: type=#PF', "unikernel: unknown option '--help'.", '--help', '       --ipv4=PREFIX\n'])(
  '%j is no page',
  (text) => {
    expect(optionsOfHelp(text)).toBeUndefined();
  },
);

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const definition = fc.record({
  name,
  short: fc.boolean(),
  value: fc.option(fc.stringMatching(/^[A-Z]{1,8}$/)),
  text: fc.string(),
});

test('all options of any page in its layout, and nothing of their descriptions', () => {
  fc.assert(
    fc.property(fc.array(definition, { maxLength: 20 }), (definitions) => {
      const page = definitions.map(({ name, short, value, text }) => {
        const option = `${short ? `-x${value ? ` ${value}` : ''}, ` : ''}--${name}${value ? `=${value}` : ''}`;
        return `       ${option} (absent=--other)\n           ${text} --never\n           -never --never\n\n`;
      });
      const expected = new Set([...definitions.map(({ name }) => name), 'help']);
      expect(new Set(optionsOfHelp(`${page.join('')}       --help[=FMT] (default=auto)\n`))).toEqual(expected);
    }),
  );
});

test('of any text, only names that can be options', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'       --help=[]()a,\n\x1b[0m'.split(''), '       --help\n'), maxLength: 300 }),
      (text) => {
        for (const option of optionsOfHelp(text) ?? []) expect(option).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);
      },
    ),
  );
});
