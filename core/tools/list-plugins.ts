/** `runnc plugins list`. */
import { loadConfig } from '../../config/load.ts';
import type { Context } from '../lifecycle/context.ts';
import { choosePlugins, loadRuntime } from '../lifecycle/load-plugins.ts';
import type { Hooks } from '../plugin.ts';
import { table } from './table.ts';

export async function listPlugins({ config: path, profile, log }: Context, json: boolean): Promise<string> {
  const { config } = await loadConfig({ path, profile });
  const { hooks } = await loadRuntime(config, log);
  const rows = (await choosePlugins(config)).map(([plugin, options, thirdParty]) => ({
    name: plugin.name,
    from: thirdParty?.file ?? 'built in',
    hooks: hooksOf(hooks, plugin.name),
    options: (options ?? {}) as object,
  }));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  return table([
    ['NAME', 'FROM', 'HOOKS', 'OPTIONS'],
    ...rows.map((row) => [row.name, row.from, row.hooks.join(','), JSON.stringify(row.options)]),
  ]);
}

function hooksOf(hooks: Hooks, plugin: string): readonly string[] {
  return Object.entries(hooks)
    .filter(([, hook]) => (hook.taps as readonly { readonly name: string }[]).some(({ name }) => name === plugin))
    .map(([name]) => name);
}
