/** Configuration and plugins, for the commands that need them. */

import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Context } from './context.ts';
import { loadRuntime } from './load-plugins.ts';
import type { Runtime } from './runtime.ts';

export interface Loaded {
  readonly config: Config;
  readonly runtime: Runtime;
}

/** Reads runnc.config and makes the runtime that it describes. */
export async function load({ config: path, log }: Context): Promise<Loaded> {
  const { config } = await loadConfig(path === undefined ? {} : { path });
  return { config, runtime: loadRuntime(config, log) };
}

/** The same for an existing container, with the configuration that it was created with. */
export async function loadFor(context: Context, record: ContainerRecord): Promise<Runtime> {
  return (await load({ ...context, config: record.config ?? context.config })).runtime;
}
