/** Containers of one image as engines lay them out: layers that are shared, one of Docker's making, and one that the container writes to. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { makeBundle, type TestBundle } from './bundle.ts';

export interface LayeredImage {
  readonly folder: string;
  /** The image's own layers, the topmost first. */
  readonly layers: readonly string[];
  /** cacheDirectory of all its containers. */
  readonly cache: string;
  container(options?: ContainerOptions): Promise<LayeredContainer>;
}

export interface ContainerOptions {
  /** A guest that is in a layer under its own name. */
  readonly guest?: string;
  readonly args?: readonly string[];
  /** Content of its /etc/hosts; without it no file of the engine's is put in. */
  readonly hosts?: string;
  readonly config?: object;
  readonly env?: readonly string[];
  /** What has been written in it: content by path. */
  readonly written?: Readonly<Record<string, string>>;
}

export interface LayeredContainer extends TestBundle {
  readonly upper: string;
}

/** `files`: content by path, one record for each layer, the topmost first. The guest list-iso is in the lowest. */
export function layeredImage(
  files: readonly Readonly<Record<string, string | Buffer>>[],
  /** Where a layer is beneath the folder. */
  placeOf: (index: number) => string = (index) => `layer-${index}`,
): LayeredImage {
  // overlayfs cannot lie on overlayfs, where /tmp may be.
  const folder = mkdtempSync('/var/tmp/runnc-layers-');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const layers = files.map((content, index) => {
    const layer = path.join(folder, placeOf(index));
    mkdirSync(layer, { recursive: true });
    fill(layer, content);
    return layer;
  });
  cpSync(path.join(inject('guests'), 'list-iso.spt'), path.join(layers.at(-1) as string, 'list-iso'));
  const cache = path.join(folder, 'cache');
  let count = 0;
  return {
    folder,
    layers,
    cache,
    async container({ guest = 'list-iso', args = ['list'], hosts, config, env, written = {} } = {}) {
      const own = path.join(folder, `container-${count++}`);
      const [made, upper, work] = ['init', 'upper', 'work'].map((name) => path.join(own, name)) as [string, string, string];
      for (const name of [made, upper, work]) mkdirSync(name, { recursive: true });
      for (const name of ['etc', 'proc', 'sys']) mkdirSync(path.join(made, name));
      fill(made, { '.dockerenv': '', 'dev/console': '', 'etc/hosts': '', 'etc/hostname': '', 'etc/resolv.conf': '' });
      symlinkSync('/proc/mounts', path.join(made, 'etc/mtab'));
      fill(upper, written);
      const source = path.join(own, 'hosts');
      if (hosts !== undefined) writeFileSync(source, hosts);
      const mounts = hosts === undefined ? [] : [{ destination: '/etc/hosts', type: 'bind', source, options: ['rbind'] }];
      const bundle = await makeBundle({
        guest,
        args,
        config: { cacheDirectory: cache, ...config },
        mounts,
        ...(env ? { env } : {}),
      });
      const options = `lowerdir=${[made, ...layers].join(':')},upperdir=${upper},workdir=${work}`;
      execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, bundle.rootfs]);
      onTestFinished(async () => {
        await bundle.runnc('delete', '--force', bundle.id);
        execFileSync('umount', [bundle.rootfs]);
      });
      return { ...bundle, upper };
    },
  };
}

function fill(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(folder, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
}
