/** Makes the hooks, and the one interceptor that names plugin and hook in every error, times every tap and ends those that hang. */
import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, type FullTap } from 'tapable';
import { type ErrorCode, errorCodes, RunncError } from '../../errors.ts';
import type { Hooks, Log, Tender } from '../../plugin.ts';
import { inSeries } from './in-series.ts';
import { within } from './time-limit.ts';

/** How long a tap may take unless the configuration says otherwise, in milliseconds. */
export const usualTimeLimit = 30_000;

/** The plugin that is being applied. */
export interface Tapper {
  readonly plugin: string;
  /** The file of a plugin that is not built in: its answers are looked at before they are used. */
  readonly file: string | undefined;
}

export interface HookOptions {
  /** In milliseconds. */
  readonly timeLimit?: number;
  /** Who taps at the moment; without it, whoever the tap says. */
  readonly tapper?: () => Tapper;
  /** Plugins that are asked first, by the hook's name. */
  readonly first?: Readonly<Record<string, string | undefined>>;
}

export function makeHooks(log: Log, options: HookOptions = {}): Hooks {
  const hooks: Hooks = {
    architecture: new AsyncSeriesBailHook(['machine']),
    metadata: new AsyncSeriesBailHook(['container']),
    delegate: new AsyncSeriesBailHook(['container', 'reason']),
    unikernel: new AsyncSeriesBailHook(['program', 'container']),
    rootfs: new AsyncSeriesBailHook(['container', 'unikernel', 'device', 'program']),
    network: new AsyncSeriesBailHook(['container', 'unikernel']),
    tender: new AsyncSeriesBailHook(['program', 'unikernel', 'architecture']),
    launch: new AsyncSeriesWaterfallHook(['launch', 'container']),
    filter: new AsyncSeriesBailHook(['request', 'architecture']),
    create: new AsyncSeriesHook(['container']),
    start: new AsyncSeriesHook(['container']),
    delete: new AsyncSeriesHook(['container']),
    sync: new AsyncSeriesHook(['container']),
    created: new AsyncSeriesHook(['container']),
    started: new AsyncSeriesHook(['container']),
    stopped: new AsyncSeriesHook(['container']),
    deleted: new AsyncSeriesHook(['container']),
  };
  for (const [name, hook] of Object.entries(hooks)) {
    const register = (tap: FullTap): FullTap => registered(name, tap, log, options);
    (hook as { intercept(interceptor: { register: typeof register }): void }).intercept({ register });
    inSeries(hook);
  }
  return hooks;
}

/** Whether any plugin answers. tapable's own isUsed() counts the interceptor too. */
export const isTapped = (hook: { readonly taps: readonly unknown[] }): boolean => hook.taps.length > 0;

/**
 * A tap under the name of its plugin. `type: 'promise'` makes tapable await what it would otherwise call as a plain function, so that
 * both fail alike. Order is that of the configuration: `stage` and `before` of the plugin's own are not used.
 */
function registered(hook: string, { name, fn }: FullTap, log: Log, options: HookOptions): FullTap {
  const tapper = options.tapper?.() ?? { plugin: name, file: undefined };
  const stage = options.first?.[hook] === tapper.plugin ? -1 : 0;
  const call = fn as (...args: unknown[]) => unknown;
  return { name: tapper.plugin, type: 'promise', stage, fn: watched(hook, tapper, call, log, options.timeLimit) };
}

function watched(
  hook: string,
  { plugin, file }: Tapper,
  call: (...args: unknown[]) => unknown,
  log: Log,
  timeLimit = usualTimeLimit,
): FullTap['fn'] {
  return async (...args: unknown[]) => {
    const started = performance.now();
    try {
      const answer = await within(timeLimit, () => call(...args));
      const checked =
        file === undefined ? answer : (await import('./answers.ts')).checkedAnswer(hook, answer, { plugin, timeLimit });
      return hook === 'tender' ? withNamedPlan(checked as Tender | undefined, { plugin, file }) : checked;
    } catch (cause) {
      throw pluginError(plugin, hook, cause, file);
    } finally {
      log.debug(`${plugin}: ${hook} took ${(performance.now() - started).toFixed(1)} ms`);
    }
  };
}

/** A tender makes its plan later: what fails then is its plugin's, too. */
function withNamedPlan(tender: Tender | undefined, { plugin, file }: Tapper): Tender | undefined {
  if (typeof tender?.plan !== 'function') return tender;
  const plan: Tender['plan'] = async (...args) => {
    try {
      return await tender.plan(...args);
    } catch (cause) {
      throw pluginError(plugin, 'the plan of tender', cause, file);
    }
  };
  // The other members as they are, wherever they stand: it may be an instance of a class.
  return Object.create(tender, { plan: { value: plan, enumerable: true } }) as Tender;
}

/**
 * An error with one of our codes is about the container and is shown as it is; any other one is the plugin's, and names it.
 * Plugins cannot import RunncError, so `code` and `hint` on a plain Error do.
 */
export function pluginError(plugin: string, hook: string, cause: unknown, file?: string): RunncError {
  if (cause instanceof RunncError) return cause;
  // Anything can be thrown, even nothing.
  const { message, code, hint } = (cause ?? {}) as { message?: unknown; code?: unknown; hint?: unknown };
  const details = { cause, ...(typeof hint === 'string' ? { hint } : {}) };
  if (errorCodes.includes(code as ErrorCode)) return new RunncError(code as ErrorCode, String(message), details);
  const named = file === undefined ? plugin : `${plugin} (${file})`;
  return new RunncError('ERR_PLUGIN', `plugin ${named} failed in ${hook}: ${message ?? String(cause)}`, details);
}
