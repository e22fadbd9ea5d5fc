/** Runs a plugin's hooks by themselves, against a real bundle, with all the checks that runnc makes of answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkedOptions } from '../../config/plugin-options.ts';
import { containerOf } from '../lifecycle/container.ts';
import { checkedResource } from '../lifecycle/runtime/answers.ts';
import { Runtime } from '../lifecycle/runtime/runtime.ts';
import { loadBundle } from '../oci/bundle.ts';
import { defaultSpec } from '../oci/default-spec.ts';
import type { Container, Hooks, Plugin } from '../plugin.ts';
import type { TakenResource } from '../state/record.ts';

export interface HarnessOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  /** Merged into config.json. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Other plugins that are asked after it. */
  // biome-ignore lint/suspicious/noExplicitAny: each plugin has options of its own
  readonly others?: readonly Plugin<any>[];
  /** In milliseconds. */
  readonly timeLimit?: number;
}

export interface Harness {
  /** `await hooks.rootfs.promise(container, unikernel, device)`: as runnc calls it. */
  readonly hooks: Hooks;
  readonly container: Container;
  /** Where the bundle, the container's folder and the cache are. */
  readonly folder: string;
  /** What the plugin has taken and not given back. */
  readonly taken: readonly TakenResource[];
  /** What the log was told, one line each: `warn: ...`. */
  readonly log: readonly string[];
  /** Gives back what was taken, as `delete` does. */
  release(): Promise<void>;
  /** The same once more, as after a `delete` that died before it could save that all was given back. */
  releaseAgain(): Promise<void>;
  /** Gives back as after a crash within `acquire`: what was returned is not known. */
  releaseAfterCrash(): Promise<void>;
  /** Removes the bundle. */
  remove(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: each plugin has options of its own, checked against its schema
export async function harness(plugin: Plugin<any>, request: HarnessOptions = {}): Promise<Harness> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-harness-'));
  try {
    return await harnessIn(folder, plugin, request);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as above
async function harnessIn(folder: string, plugin: Plugin<any>, request: HarnessOptions): Promise<Harness> {
  for (const name of ['rootfs', 'container', 'cache']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  const spec = { ...(structuredClone(defaultSpec()) as object), ...request.spec };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(spec));
  const log: string[] = [];
  const say = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
  const options = await checkedOptions(plugin, request.options ?? {}, path.join(folder, 'cache'));
  const runtime = new Runtime({
    plugins: [
      [plugin, options, { file: 'under test', checkedResource }],
      ...(request.others ?? []).map((other) => [other] as const),
    ],
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    cacheDirectory: path.join(folder, 'cache'),
    ...(request.timeLimit === undefined ? {} : { timeLimit: request.timeLimit }),
  });
  let taken: readonly TakenResource[] = [];
  let last = taken;
  const ledger = {
    get resources() {
      return taken;
    },
    save(resources: readonly TakenResource[]) {
      taken = resources;
    },
  };
  runtime.resources.attach(ledger);
  const container = containerOf({
    id: path.basename(folder),
    bundle: loadBundle(folder),
    directory: path.join(folder, 'container'),
  });
  return {
    hooks: runtime.hooks,
    container,
    folder,
    log,
    get taken() {
      return taken;
    },
    release() {
      last = taken;
      return runtime.resources.releaseAll(container, ledger);
    },
    releaseAgain() {
      taken = last;
      return runtime.resources.releaseAll(container, ledger);
    },
    releaseAfterCrash() {
      taken = taken.map(({ name }) => ({ name }));
      return runtime.resources.releaseAll(container, ledger);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
