/** The runtime with its plugins, as the configuration chooses them. */
import type { ChosenPlugin, Config } from '../../config/config.ts';
import { builtIn, optionsOf, thirdParty } from '../../config/load.ts';
import { RunncError } from '../errors.ts';
import type { Log } from '../plugin.ts';
import { Runtime, type Use } from './runtime/runtime.ts';

/** @throws RunncError ERR_CONFIG for a plugin that is not there or not trusted, ERR_PLUGIN for one that does not fit */
export async function loadRuntime(config: Config, log: Log): Promise<Runtime> {
  const { cacheDirectory, cacheSize, dataDirectory, hookTimeLimit: timeLimit } = config;
  const plugins = await choosePlugins(config);
  return new Runtime({ plugins, log, cacheDirectory, cacheSize, dataDirectory, timeLimit, first: firstAsked(config, plugins) });
}

/** The plugins of the configuration in their order, and after them the built-in ones that it does not name, leave out or replace. */
export async function choosePlugins(config: Config): Promise<readonly Use[]> {
  const { plugins, options } = config;
  if (plugins.length === 0 && Object.keys(options).length === 0) return builtIn;
  const listed = (await Promise.all(plugins.map((chosen) => find(chosen, config)))).flat();
  const names = listed.map(([{ name }]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RunncError('ERR_CONFIG', `plugins: there are two plugins called ${twice}`);
  const leftOut = new Set([...names, ...plugins.filter((chosen) => chosen.options === false).map(({ name }) => name)]);
  const all = [...listed, ...builtIn.filter(([{ name }]) => !leftOut.has(name))];
  const unknown = Object.keys(options).find((name) => !all.some(([plugin]) => plugin.name === name));
  if (unknown !== undefined) throw noSuchPlugin(`options.${unknown}`, unknown, all);
  return Promise.all(all.map((use) => withOptions(use, config)));
}

async function find({ name, options }: ChosenPlugin, { hookTimeLimit }: Config): Promise<readonly Use[]> {
  const known = builtIn.find(([plugin]) => plugin.name === name);
  if (options === false) {
    if (known) return [];
    throw noSuchPlugin('plugins', name, builtIn);
  }
  if (known) return [[known[0], options]];
  const [{ loadThirdParty }, { checkedResource }] = await Promise.all([thirdParty(), import('./runtime/answers.ts')]);
  const names = builtIn.map(([plugin]) => plugin.name);
  const { plugin, file } = await loadThirdParty(name, names, hookTimeLimit);
  return [[plugin, options, { file, checkedResource }]];
}

/** Options of both places, checked. A plugin without a schema and without options needs no look. */
async function withOptions([plugin, given, thirdParty]: Use, { options, cacheDirectory }: Config): Promise<Use> {
  const all = { ...(given as object | undefined), ...options[plugin.name] };
  if (Object.keys(all).length === 0 && (plugin.options === undefined || !thirdParty)) return [plugin, {}, thirdParty];
  const { checkedOptions } = await optionsOf();
  return [plugin, await checkedOptions(plugin, all, cacheDirectory, thirdParty?.file), thirdParty];
}

/** A plugin is named as it is, or without the hook's name in front: `spt` is tender-spt. */
function firstAsked({ tender, unikernel, rootfs, network }: Config, plugins: readonly Use[]): Record<string, string | undefined> {
  const wanted = { tender: tender.preferred, unikernel, rootfs, network };
  return Object.fromEntries(
    Object.entries(wanted).map(([hook, name]) => {
      if (name === undefined) return [hook, undefined];
      const found = plugins.find(([plugin]) => plugin.name === name || plugin.name === `${hook}-${name}`);
      if (!found) throw noSuchPlugin(hook === 'tender' ? 'tender.preferred' : hook, name, plugins);
      return [hook, found[0].name];
    }),
  );
}

function noSuchPlugin(where: string, name: string, plugins: readonly Use[]): RunncError {
  return new RunncError('ERR_CONFIG', `${where}: no plugin that is loaded is called ${name}`, {
    hint: `there are ${plugins.map(([plugin]) => plugin.name).join(', ')}`,
  });
}
