/** Makes the hooks, and the one interceptor that names plugin and hook in every error, times every tap and ends those that hang. */
import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, type FullTap } from 'tapable';
import { type ErrorCode, errorCodes, RunncError } from '../errors.ts';
import type { Hooks, Log } from '../plugin.ts';

/** How long a tap may take, in milliseconds. */
const timeLimit = 30_000;

export function makeHooks(log: Log): Hooks {
  const hooks: Hooks = {
    architecture: new AsyncSeriesBailHook(['machine']),
    metadata: new AsyncSeriesBailHook(['container']),
    delegate: new AsyncSeriesBailHook(['container', 'reason']),
    unikernel: new AsyncSeriesBailHook(['program', 'container']),
    rootfs: new AsyncSeriesBailHook(['container', 'unikernel', 'device']),
    network: new AsyncSeriesBailHook(['container', 'unikernel']),
    tender: new AsyncSeriesBailHook(['program', 'unikernel', 'architecture']),
    launch: new AsyncSeriesWaterfallHook(['launch', 'container']),
    filter: new AsyncSeriesBailHook(['request', 'architecture']),
    create: new AsyncSeriesHook(['container']),
    start: new AsyncSeriesHook(['container']),
    delete: new AsyncSeriesHook(['container']),
    created: new AsyncSeriesHook(['container']),
    started: new AsyncSeriesHook(['container']),
    stopped: new AsyncSeriesHook(['container']),
    deleted: new AsyncSeriesHook(['container']),
  };
  for (const [name, hook] of Object.entries(hooks)) {
    // `type: 'promise'` makes tapable await what it would otherwise call as a plain function, so that both fail alike.
    const register = (tap: FullTap): FullTap => ({ ...tap, type: 'promise', fn: watched(name, tap, log) });
    (hook as { intercept(interceptor: { register: typeof register }): void }).intercept({ register });
  }
  return hooks;
}

/** Whether any plugin answers. tapable's own isUsed() counts the interceptor too. */
export const isTapped = (hook: { readonly taps: readonly unknown[] }): boolean => hook.taps.length > 0;

function watched(hook: string, tap: FullTap, log: Log): FullTap['fn'] {
  const call = tap.fn as (...args: unknown[]) => unknown;
  return async (...args: unknown[]) => {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        call(...args),
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`no answer within ${timeLimit / 1000} s`)), timeLimit);
        }),
      ]);
    } catch (cause) {
      throw pluginError(tap.name, hook, cause);
    } finally {
      clearTimeout(timer);
      log.debug(`${tap.name}: ${hook} took ${(performance.now() - started).toFixed(1)} ms`);
    }
  };
}

/**
 * An error with one of our codes is about the container and is shown as it is; any other one is the plugin's, and names it.
 * Plugins cannot import RunncError, so `code` and `hint` on a plain Error do.
 */
export function pluginError(plugin: string, hook: string, cause: unknown): RunncError {
  if (cause instanceof RunncError) return cause;
  // Anything can be thrown, even nothing.
  const { message, code, hint } = (cause ?? {}) as { message?: unknown; code?: unknown; hint?: unknown };
  const details = { cause, ...(typeof hint === 'string' ? { hint } : {}) };
  if (errorCodes.includes(code as ErrorCode)) return new RunncError(code as ErrorCode, String(message), details);
  return new RunncError('ERR_PLUGIN', `plugin ${plugin} failed in ${hook}: ${message ?? String(cause)}`, details);
}
