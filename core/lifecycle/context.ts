/** What every command is given: the global options. */
import type { Log } from '../plugin.ts';
import { Store } from '../state/store.ts';

export interface Context {
  readonly store: Store;
  readonly log: Log;
  /** The same, with debug messages: for `debug` in runnc.config. */
  readonly debugLog: Log;
  /** --config of this call. */
  readonly config: string | undefined;
  /** --profile of this call. */
  readonly profile?: string | undefined;
  /** --systemd-cgroup of this call: how new containers get their cgroups. Those that exist have it in their records. */
  readonly systemdCgroup?: boolean | undefined;
}

/** Folder of the containers' states without --root. */
export const defaultRoot = '/run/runnc';

export const makeContext = (root: string, log: Log, config?: string, profile?: string, debugLog: Log = log): Context => ({
  store: new Store(root),
  log,
  debugLog,
  config,
  profile,
});
