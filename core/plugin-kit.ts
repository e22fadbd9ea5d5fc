/** What plugin authors import as `runnc/plugin`: the types, and one function for those who like their editor to complete options. */
import type { Plugin } from './plugin.ts';

export type * from './plugin.ts';

/**
 * The plugin as it is, with its options' type. A plugin need not use it: `satisfies Plugin<Options>` does the same and leaves
 * nothing to import when it runs.
 */
export function definePlugin<Options = Record<string, never>>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}
