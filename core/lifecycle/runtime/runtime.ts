/** The plugins of this process, the hooks they tapped and the resources they registered. */
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import type { ImageCache } from '../../images/cache.ts';
import * as tape from '../../launch/calls.ts';
import { fillManifest } from '../../launch/fill-manifest.ts';
import { mapProgram } from '../../launch/map-program.ts';
import { abiOf } from '../../launch/solo5-abi.ts';
import { insideRootfs } from '../../linux/inside-rootfs.ts';
import type { Architecture, Container, Hooks, Host, Log, Plugin } from '../../plugin.ts';
import { sha256 } from '../../sys/sha256.ts';
import { isTapped, makeHooks, pluginError, type Tapper, usualTimeLimit } from './hooks.ts';
import { Resources } from './resources.ts';

/** A plugin and its part of the configuration; with its file, and what guards its resources, if it is not built in. */
// biome-ignore lint/suspicious/noExplicitAny: each plugin has options of its own, checked against its schema
export type Use = readonly [plugin: Plugin<any>, options?: unknown, thirdParty?: ThirdPartyUse | undefined];

interface ThirdPartyUse {
  readonly file: string;
  readonly checkedResource: typeof import('./answers.ts').checkedResource;
}

/** Version of the interface in core/plugin.ts. */
export const apiVersion = 1;

export interface RuntimeOptions {
  readonly plugins: readonly Use[];
  readonly log: Log;
  readonly cacheDirectory: string;
  /** What images for later containers may take there, in bytes. */
  readonly cacheSize?: number;
  /** For what guests write; beneath the other one where none is given. */
  readonly dataDirectory?: string;
  /** In milliseconds. */
  readonly timeLimit?: number;
  /** Plugins that are asked first, by the hook's name. */
  readonly first?: Readonly<Record<string, string | undefined>>;
}

export class Runtime {
  readonly hooks: Hooks;
  readonly resources = new Resources();
  readonly #log: Log;
  readonly #cacheDirectory: string;
  readonly #cacheSize: number;
  readonly #dataDirectory: string;
  readonly #timeLimit: number;
  readonly #first: Readonly<Record<string, string | undefined>>;
  readonly #checks: (() => Promise<void>)[] = [];
  #cache: Promise<ImageCache> | undefined;
  #tapper: Tapper | undefined;
  #architecture: Architecture | undefined;

  /** @throws RunncError ERR_PLUGIN when a plugin does not fit or fails to load */
  constructor(options: RuntimeOptions) {
    const { plugins, log, cacheDirectory, cacheSize = 0, timeLimit = usualTimeLimit, first = {} } = options;
    this.#log = log;
    this.#cacheDirectory = cacheDirectory;
    this.#cacheSize = cacheSize;
    this.#dataDirectory = options.dataDirectory ?? join(cacheDirectory, 'data');
    this.#first = first;
    this.#timeLimit = timeLimit;
    this.hooks = makeHooks(log, { timeLimit, first, tapper: () => this.#applying() });
    const names = new Set(plugins.map(([{ name }]) => name));
    for (const use of plugins) {
      checkFit(use, names);
      this.#apply(use);
    }
  }

  #apply([plugin, options, thirdParty]: Use): void {
    this.#tapper = { plugin: plugin.name, file: thirdParty?.file };
    try {
      plugin.apply(this.#host(thirdParty), options ?? {});
    } catch (cause) {
      throw pluginError(plugin.name, 'apply', cause, thirdParty?.file);
    } finally {
      this.#tapper = undefined;
    }
  }

  #applying(): Tapper {
    if (this.#tapper) return this.#tapper;
    throw new Error('hooks are tapped within apply(), not later');
  }

  /** @throws RunncError ERR_ARCHITECTURE when no plugin knows this machine */
  async architecture(): Promise<Architecture> {
    this.#architecture ??= await this.hooks.architecture.promise(process.arch);
    if (!this.#architecture) throw new RunncError('ERR_ARCHITECTURE', `no plugin knows the processor ${process.arch}`);
    return this.#architecture;
  }

  #images(): Promise<ImageCache> {
    this.#cache ??= this.#openCache();
    return this.#cache;
  }

  async #openCache(): Promise<ImageCache> {
    const { imageCache } = await import('../../images/cache.ts');
    const [folder, ownFolder] = [this.#folder('images'), this.#folder('containers')];
    const later = (check: () => Promise<void>) => void this.#checks.push(check);
    return imageCache({ folder, ownFolder, size: this.#cacheSize, log: this.#log, later });
  }

  /** Says that the container has use for an image, before anybody asks for one: what takes long is begun. */
  async expectImage(container: Container): Promise<void> {
    // Whoever asks for one is told what is wrong.
    const cache = await this.#images().catch(() => undefined);
    await cache?.expect(container);
  }

  /** Waits for what was left to be found out about images. @throws LayersChanged */
  async imagesChecked(): Promise<void> {
    for (const check of this.#checks.splice(0)) await check();
  }

  /** Names of the hooks that are tapped, so that later commands load plugins only where one would be called. */
  tapped(): readonly string[] {
    return Object.entries(this.hooks)
      .filter(([, hook]) => isTapped(hook))
      .map(([name]) => name);
  }

  #host(thirdParty: ThirdPartyUse | undefined): Host {
    return {
      hooks: this.hooks,
      log: this.#log,
      tape,
      fillManifest,
      mapProgram,
      resource: (resource) =>
        this.resources.register(thirdParty ? thirdParty.checkedResource(resource, this.#timeLimit) : resource),
      run: async (...call) => (await import('../../linux/run-program.ts')).runProgram(...call),
      runApart: async (program, unikernel, options) => {
        const places = { cacheDirectory: this.#cacheDirectory, place: this.#folder('apart') };
        return (await import('../run-apart.ts')).runApart(program, unikernel, options, places);
      },
      insideRootfs,
      library: async (soname) => (await import('../../sys/library.ts')).loadLibrary(soname),
      runInNetwork: async (netns, program, args, input) =>
        (await import('../../sys/run-in-network.ts')).runInNetwork(netns, program, args, input, { lock: this.resources.lock }),
      inTurn: async ({ directory }, work) => (await import('../../state/lock.ts')).inTurn(directory, work),
      inNetwork: async (netns, work) => (await import('../../sys/network-namespace.ts')).inNetworkNamespace(netns, work),
      netlink: async (netns, protocol) => (await import('../../sys/netlink.ts')).openNetlink(netns, protocol),
      ioctl: async (what, fd, request, structure) =>
        (await (await import('#network-calls')).networkCalls()).ioctl(what, fd, request, structure),
      openDevice: async (netns, folder) => (await import('../../sys/open-device.ts')).openDevice(netns, folder),
      abiOf,
      readImageFile: async ({ rootfs }, name, largest) =>
        (await import('../../launch/image-file.ts')).readImageFile(rootfs, name, largest),
      trees: () => import('../../tree/tools.ts'),
      cacheDirectory: (name) => this.#folder(name),
      dataDirectory: (name) => this.#folder(name, this.#dataDirectory),
      sha256,
      asksFirst: (hook) => this.#first[hook],
      images: {
        make: async (...call) => (await this.#images()).make(...call),
        pathFor: async (...call) => (await this.#images()).pathFor(...call),
      },
    };
  }

  /** A folder of root's alone. */
  #folder(name: string, above = this.#cacheDirectory): string {
    const directory = join(above, name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chownSync(directory, 0, 0);
    return directory;
  }
}

function checkFit([{ name, api, needs = [] }, , thirdParty]: Use, loaded: ReadonlySet<string>): void {
  const named = thirdParty ? `${name} (${thirdParty.file})` : name;
  if (api !== apiVersion) {
    throw new RunncError(
      'ERR_PLUGIN',
      `plugin ${named} is written for version ${api} of the plugin interface, and this is version ${apiVersion}`,
      { hint: 'install a release of it for this runnc' },
    );
  }
  const missing = needs.find((need) => !loaded.has(need));
  if (missing === undefined) return;
  throw new RunncError('ERR_PLUGIN', `plugin ${named} needs plugin ${missing}, which is not loaded`, {
    hint: 'add it to plugins in runnc.config',
  });
}
