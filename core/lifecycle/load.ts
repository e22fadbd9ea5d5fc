/** Configuration and plugins, for the commands that need them. */

import type { Config } from '../../config/config.ts';
import { containerSettings, loadConfig } from '../../config/load.ts';
import type { Container } from '../plugin.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Context } from './context.ts';
import { loadRuntime } from './load-plugins.ts';
import type { Runtime } from './runtime/runtime.ts';

export interface Loaded {
  readonly config: Config;
  readonly runtime: Runtime;
}

/** What annotations of runnc's own begin with. */
const prefix = 'org.runnc.';

/** Reads runnc.config and makes the runtime that it describes for a container. */
export async function load(
  { config: path, profile, log, debugLog }: Context,
  container: Pick<Container, 'annotations' | 'args'>,
): Promise<Loaded> {
  const loaded = await loadConfig({ path, profile });
  const config = await settingsFor(loaded.config, container);
  return { config, runtime: await loadRuntime(config, config.debug ? debugLog : log) };
}

async function settingsFor(config: Config, container: Pick<Container, 'annotations' | 'args'>): Promise<Config> {
  const isPlain = config.images.length === 0 && !Object.keys(container.annotations).some((key) => key.startsWith(prefix));
  return isPlain ? config : (await containerSettings()).configFor(config, container);
}

/** What a container asks for says how it is made. It must not keep it from being removed when the configuration has changed since. */
export const unmarked = { annotations: {}, args: [] };

/** The same for an existing container, with the configuration that it was created with. */
export async function loadFor(
  context: Context,
  record: ContainerRecord,
  container: Pick<Container, 'annotations' | 'args'>,
): Promise<Loaded> {
  return load({ ...context, config: record.config ?? context.config, profile: record.profile ?? context.profile }, container);
}
