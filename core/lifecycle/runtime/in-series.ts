/**
 * How the taps of a hook are called. tapable writes a function for it and has it compiled, which pays for hooks that are called often;
 * ours are called once or twice in a process that lives for milliseconds, and a loop does the same.
 */
import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, type FullTap } from 'tapable';

type Call = (...args: readonly unknown[]) => Promise<unknown>;
type Loop = (taps: readonly FullTap[]) => Call;

/** What tapable asks of a hook when it is called for the first time, and after another tap (tapable, lib/Hook.js, `compile`). */
interface CompileOptions {
  readonly taps: readonly FullTap[];
  readonly interceptors: readonly Readonly<Record<string, unknown>>[];
  readonly type: 'sync' | 'async' | 'promise';
}

const loops = new Map<unknown, Loop>([
  [
    AsyncSeriesHook,
    (taps) =>
      async (...args) => {
        for (const { fn } of taps) await fn(...args);
      },
  ],
  [
    AsyncSeriesBailHook,
    (taps) =>
      async (...args) => {
        for (const { fn } of taps) {
          const answer = await fn(...args);
          if (answer !== undefined) return answer;
        }
        return undefined;
      },
  ],
  [
    AsyncSeriesWaterfallHook,
    (taps) =>
      async (first, ...others) => {
        let value = first;
        for (const { fn } of taps) {
          const answer = await fn(value, ...others);
          if (answer !== undefined) value = answer;
        }
        return value;
      },
  ],
]);

/** Has `hook.promise` loop over the taps; whoever listens to the calls themselves (`intercept`) gets tapable's own function. */
export function inSeries(hook: object): void {
  const compiled = hook as { compile: (options: CompileOptions) => unknown };
  const loop = loops.get(hook.constructor);
  const { compile } = compiled;
  compiled.compile = function (options) {
    const plain = options.interceptors.every((interceptor) => Object.keys(interceptor).every((key) => key === 'register'));
    return loop !== undefined && plain && options.type === 'promise' ? loop(options.taps) : compile.call(this, options);
  };
}
