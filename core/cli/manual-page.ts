/** The manual page, made from the same data as the parsers (man(7)). */
import { version } from '../version.ts';
import type { CommandSpec, OptionSpec } from './command.ts';

/** When the page last changed in more than its lists: the same source makes the same page. */
const date = '2026-11-24';

export function manualPage(commands: readonly CommandSpec[], global: readonly OptionSpec[]): string {
  const lines = [
    `.TH RUNNC 8 "${date}" "runnc ${version}" "System Administration"`,
    '.SH NAME',
    'runnc \\- starts unikernels as OCI containers',
    '.SH SYNOPSIS',
    '.B runnc',
    '[global options] command [options] [arguments]',
    '.SH DESCRIPTION',
    'An OCI runtime for unikernels, called by Docker, containerd and Podman. The commands that engines call have the names and flags of runc.',
    '.SH GLOBAL OPTIONS',
    ...global.flatMap(optionLines),
    '.SH COMMANDS',
    ...commands.flatMap((spec) => [
      `.SS ${[spec.name, ...spec.arguments].map(plain).join(' ')}`,
      `${plain(capital(spec.description))}.`,
      ...spec.options.flatMap(optionLines),
    ]),
    '.SH FILES',
    '.TP',
    '.I /etc/runnc/runnc.config.{json,yaml,js,mjs,cjs,ts}',
    'The configuration. It and the folders above must belong to root and be writable by no other.',
    '.TP',
    '.I /etc/runnc/node_modules, /usr/lib/runnc/plugins',
    'Plugins that are not built in.',
    '.TP',
    '.I /run/runnc',
    'The state of the containers.',
    '.SH ENVIRONMENT',
    '.TP',
    '.B RUNNC_CONFIG',
    'Absolute path of the configuration, when \\-\\-config is not given.',
    '.SH EXIT STATUS',
    '0 on success, 1 on failure, 2 for a command line that makes no sense; run ends with the status of the container.',
    '.SH SEE ALSO',
    '.BR docker (1),',
    '.BR containerd (8),',
    '.BR runc (8)',
  ];
  return `${lines.join('\n')}\n`;
}

function optionLines({ flags, description, preset, choices, hidden }: OptionSpec): readonly string[] {
  if (hidden) return [];
  const more = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(preset === undefined ? [] : [`${preset} unless told`]),
  ];
  return [
    '.TP',
    `.B ${plain(flags)}`,
    `${plain(capital(description))}${more.length === 0 ? '' : plain(` (${more.join('; ')})`)}.`,
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Text in which troff sees no request and no escape, and leaves dashes as they are. */
function plain(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
