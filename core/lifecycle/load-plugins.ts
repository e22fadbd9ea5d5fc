/** The runtime with its plugins, as the configuration chooses them. */
import type { Config } from '../../config/config.ts';
import { builtIn } from '../../config/load.ts';
import { RunncError } from '../errors.ts';
import type { Log } from '../plugin.ts';
import { Runtime, type Use } from './runtime.ts';

/** @throws RunncError ERR_CONFIG for a plugin that is not built in, ERR_PLUGIN for one that does not fit */
export function loadRuntime(config: Config, log: Log): Runtime {
  const plugins = config.plugins?.map(({ name, options }): Use => {
    const found = builtIn.find(([plugin]) => plugin.name === name);
    if (!found) {
      throw new RunncError('ERR_CONFIG', `plugins: there is no built-in plugin ${name}`, {
        hint: `the built-in ones are ${builtIn.map(([plugin]) => plugin.name).join(', ')}`,
      });
    }
    return [found[0], options];
  });
  return new Runtime({ plugins: plugins ?? builtIn, log, cacheDirectory: config.cacheDirectory });
}
