/** `runnc config`: what holds and where it is from; whether it is right; one to start from; its schema. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { defaultConfig, fullSchema, loadConfig } from '../../config/load.ts';
import { RunncError } from '../errors.ts';
import type { Context } from '../lifecycle/context.ts';
import { choosePlugins, loadRuntime } from '../lifecycle/load-plugins.ts';
import { table } from './table.ts';

export async function show({ config: told, profile }: Context, json: boolean): Promise<string> {
  const { config, layers } = await loadConfig({ path: told, profile });
  const from = (place: readonly string[]) =>
    layers.findLast(({ values }) => valueAt(values, place) !== undefined)?.source ?? 'built in';
  const places = Object.keys(defaultConfig).flatMap((key) => placesIn(config, key));
  const rows = places.map((place) => ({ key: place.join('.'), value: valueAt(config, place) ?? null, from: from(place) }));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  const cells = rows.map(({ key, value, from: source }) => [key, value === null ? '-' : JSON.stringify(value), source]);
  return table([['SETTING', 'VALUE', 'FROM'], ...cells]);
}

/** What is merged key by key (config/layers.ts) has a line for each: `tender` has one level of keys, `options` two. */
function placesIn(config: Config, key: string): readonly (readonly string[])[] {
  if (key === 'tender') return Object.keys(defaultConfig.tender).map((inner) => [key, inner]);
  if (key !== 'options' || Object.keys(config.options).length === 0) return [[key]];
  return Object.entries(config.options).flatMap(([plugin, options]) => Object.keys(options).map((name) => [key, plugin, name]));
}

function valueAt(values: object, place: readonly string[]): unknown {
  return place.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], values);
}

/** Reads the file and loads the plugins, as `create` would. @throws RunncError */
export async function validate({ config: told, profile, log }: Context): Promise<string> {
  const { config, file } = await loadConfig({ path: told, profile });
  await loadRuntime(config, log);
  const plugins = await choosePlugins(config);
  const where = file ?? 'there is no runnc.config, so that everything is as built in';
  return `${where}: right, with ${plugins.length} plugins\n`;
}

const template = `# yaml-language-server: $schema=./runnc.config.schema.json
# Everything here is as it would be without this file. "runnc config show" tells what holds.

# Guest memory when the container has no memory limit.
memory: 512MiB

# Plugins that are asked before the built-in ones: names, packages beneath /etc/runnc/node_modules, absolute paths.
plugins: []
#  - runnc-plugin-prometheus
#  - [/opt/example/plugin.js, { an: option }]
#  - [tender-spt, false]          # leaves a built-in one out

# tender:
#   preferred: spt
#   allowed: [spt]

# images:
#   - match: /bin/*               # the program; without a slash in front, the image's name where the engine tells it
#     use: { memory: 1GiB }

# allowAnnotations: [memory]      # docker run --annotation org.runnc.memory=64m

# profiles:                       # runnc --profile small: another runtime in daemon.json
#   small: { memory: 32MiB }
`;

/** Writes a configuration and its schema; never over one that is there. */
export async function init(told = '/etc/runnc/runnc.config.yaml'): Promise<string> {
  if (existsSync(told)) throw new RunncError('ERR_CONFIG', `${told} is there already`, { hint: 'it is left as it is' });
  mkdirSync(path.dirname(told), { recursive: true, mode: 0o755 });
  writeFileSync(told, template, { mode: 0o644, flag: 'wx' });
  const beside = path.join(path.dirname(told), 'runnc.config.schema.json');
  writeFileSync(beside, `${JSON.stringify(await schema(), null, 2)}\n`, { mode: 0o644 });
  return `wrote ${told} and ${beside}\n`;
}

/** For editors: with the options of the built-in plugins. */
export const schema = async (): Promise<object> => (await fullSchema()).fullSchema();
