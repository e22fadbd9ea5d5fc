/** Configuration and plugins, for the commands that need them. */

import type { Config } from '../../config/config.ts';
import { containerSettings, loadConfig } from '../../config/load.ts';
import type { Expected } from '../images/expected.ts';
import { keptNames } from '../images/kept.ts';
import type { Container, Log } from '../plugin.ts';
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

/** Reads runnc.config and makes the runtime that it describes for a container; `rootfs` where an image of it may be wanted. */
export async function load(
  { config: path, profile, log: usualLog, debugLog }: Context,
  container: Pick<Container, 'annotations' | 'args'>,
  rootfs?: string,
): Promise<Loaded> {
  const loaded = await loadConfig({ path, profile });
  const config = await settingsFor(loaded.config, container);
  const log = config.debug ? debugLog : usualLog;
  const expected = rootfs === undefined ? undefined : await lookAhead(config, log, rootfs);
  return { config, runtime: await loadRuntime(config, log, expected) };
}

/** Where images are kept, it is likely that the container gets one of them: what takes long is begun before all else. */
async function lookAhead({ cacheDirectory, cacheSize }: Config, log: Log, rootfs: string): Promise<Expected | undefined> {
  const kept = cacheSize > 0 ? keptNames(cacheDirectory) : [];
  if (kept.length === 0) return undefined;
  try {
    return await (await import('../images/expected.ts')).beginToLook(kept, rootfs);
  } catch (error) {
    log.debug(`the layers of ${rootfs} cannot be told apart: ${(error as Error).message}`);
    return undefined;
  }
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
