/** The plugins of this process, the hooks they tapped and the resources they registered. */
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import * as tape from '../launch/calls.ts';
import { fillManifest } from '../launch/fill-manifest.ts';
import { mapProgram } from '../launch/map-program.ts';
import { abiOf } from '../launch/solo5-abi.ts';
import { insideRootfs } from '../linux/inside-rootfs.ts';
import type { Architecture, Hooks, Host, Log, Plugin } from '../plugin.ts';
import { isTapped, makeHooks, pluginError } from './hooks.ts';
import { Resources } from './resources.ts';

/** A plugin and its part of the configuration. */
// biome-ignore lint/suspicious/noExplicitAny: each plugin has options of its own, checked against its schema
export type Use = readonly [plugin: Plugin<any>, options?: unknown];

const apiVersion = 1;

export interface RuntimeOptions {
  readonly plugins: readonly Use[];
  readonly log: Log;
  readonly cacheDirectory: string;
}

export class Runtime {
  readonly hooks: Hooks;
  readonly resources = new Resources();
  readonly #log: Log;
  readonly #cacheDirectory: string;
  #architecture: Architecture | undefined;

  /** @throws RunncError ERR_PLUGIN when a plugin does not fit or fails to load */
  constructor({ plugins, log, cacheDirectory }: RuntimeOptions) {
    this.#log = log;
    this.#cacheDirectory = cacheDirectory;
    this.hooks = makeHooks(log);
    const names = new Set(plugins.map(([{ name }]) => name));
    for (const [plugin, options] of plugins) {
      if (plugin.api !== apiVersion) {
        throw new RunncError(
          'ERR_PLUGIN',
          `plugin ${plugin.name} is written for version ${plugin.api} of the plugin interface, and this is version ${apiVersion}`,
        );
      }
      const missing = plugin.needs?.find((name) => !names.has(name));
      if (missing)
        throw new RunncError('ERR_PLUGIN', `plugin ${plugin.name} needs plugin ${missing}, which is not loaded`, {
          hint: 'add it to plugins in runnc.config',
        });
      try {
        plugin.apply(this.#host(), options ?? {});
      } catch (cause) {
        throw pluginError(plugin.name, 'apply', cause);
      }
    }
  }

  /** @throws RunncError ERR_ARCHITECTURE when no plugin knows this machine */
  async architecture(): Promise<Architecture> {
    this.#architecture ??= await this.hooks.architecture.promise(process.arch);
    if (!this.#architecture) throw new RunncError('ERR_ARCHITECTURE', `no plugin knows the processor ${process.arch}`);
    return this.#architecture;
  }

  /** Names of the hooks that are tapped, so that later commands load plugins only where one would be called. */
  tapped(): readonly string[] {
    return Object.entries(this.hooks)
      .filter(([, hook]) => isTapped(hook))
      .map(([name]) => name);
  }

  #host(): Host {
    return {
      hooks: this.hooks,
      log: this.#log,
      tape,
      fillManifest,
      mapProgram,
      resource: (resource) => this.resources.register(resource),
      run: async (...call) => (await import('../linux/run-program.ts')).runProgram(...call),
      insideRootfs,
      library: async (soname) => (await import('../sys/library.ts')).loadLibrary(soname),
      runInNetwork: async (...call) => (await import('../sys/run-in-network.ts')).runInNetwork(...call),
      inNetwork: async (netns, work) => (await import('../sys/network-namespace.ts')).inNetworkNamespace(netns, work),
      abiOf,
      readImageFile: async ({ rootfs }, name, largest) =>
        (await import('../launch/image-file.ts')).readImageFile(rootfs, name, largest),
      cacheDirectory: (name) => {
        const directory = join(this.#cacheDirectory, name);
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        chownSync(directory, 0, 0);
        return directory;
      },
    };
  }
}
