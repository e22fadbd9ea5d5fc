/** The global options, and from them to what every command is given. */
import { type Context, defaultRoot, makeContext } from '../lifecycle/context.ts';
import { openLog } from '../log.ts';
import type { OptionSpec, OptionValues } from './command.ts';

export const globalOptions: readonly OptionSpec[] = [
  { flags: '--root <path>', description: "folder of the containers' states", preset: defaultRoot },
  { flags: '--log <file>', description: 'file for the log (standard error without it)' },
  { flags: '--log-format <format>', description: 'form of the log', choices: ['text', 'json'], preset: 'text' },
  { flags: '--debug', description: 'log more' },
  { flags: '--config <file>', description: 'runnc.config to use' },
  { flags: '--profile <name>', description: 'profile of runnc.config to use' },
  { flags: '--systemd-cgroup', description: 'let systemd make the cgroups of new containers' },
  { flags: '--rootless <mode>', description: 'accepted as runc does', hidden: true },
  { flags: '--criu <path>', description: 'accepted as runc does', hidden: true },
];

export function contextOf({ root, log: file, logFormat, debug, config, profile, systemdCgroup }: OptionValues): Context {
  const format = logFormat === 'json' ? 'json' : 'text';
  const where = { ...(typeof file === 'string' ? { file } : {}), format } as const;
  const text = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined);
  const [log, debugLog] = [openLog({ ...where, debug: debug === true }), openLog({ ...where, debug: true })];
  return { ...makeContext(String(root), log, text(config), text(profile), debugLog), systemdCgroup: systemdCgroup === true };
}
