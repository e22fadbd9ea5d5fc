/**
 * rootfs-ext2: puts the container's root file system, or a volume, behind a guest's block device as an ext2 image that it can write to; what
 * it wrote is carried back to the host when the container is deleted, and at `runnc sync`.
 */
import { existsSync } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';
import type { Wanted } from './build.ts';
import { slotsFile } from './notes.ts';
import { askedFor, type Ext2Options } from './settings.ts';

export default {
  name: 'rootfs-ext2',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      device: { type: 'string', minLength: 1 },
      withProgram: { type: 'boolean' },
      maxFiles: { type: 'integer', minimum: 1 },
      maxSize: { type: 'integer', minimum: 1 },
      blockSize: { type: 'integer', enum: [1024, 2048, 4096] },
      freeSpace: { type: ['string', 'integer'], minLength: 1, minimum: 0 },
    },
  },
  apply(host, options) {
    const image = host.resource<Wanted, { path: string; size: number; readOnly: boolean }>({
      name: 'rootfs-ext2',
      acquire: async (container, wanted) => (await import('./build.ts')).build(host, container, wanted, options),
      release: async (container) => (await import('./give-back.ts')).giveBack(host, container, options),
      kept: async () => (await import('./kept.ts')).listKept(host),
    });
    host.hooks.rootfs.tapPromise('rootfs-ext2', async (container, unikernel, { name }, program) => {
      const { volumeDevices, isRootDevice } = await host.trees();
      const [volume] = [...volumeDevices(container, unikernel)].find(([, device]) => device === name) ?? [];
      if (volume === undefined) {
        if (!isRootDevice(name, unikernel, options.device)) return undefined;
        const asked = host.asksFirst('rootfs') === 'rootfs-ext2' ? 'ext2' : askedFor(container);
        const isChosen = asked === undefined ? (await import('./needed.ts')).isNeeded(container, unikernel) : asked === 'ext2';
        if (!isChosen) return undefined;
      }
      const { path, size, readOnly } = await image.take(container, { device: name, volume, unikernel, program });
      return { name, path, readOnly, capacity: size, blockSize: 512 };
    });
    // What is written at that time lies in reach of the descriptor that was opened at `create`.
    host.hooks.launch.tapPromise('rootfs-ext2', async (launch, container) => {
      if (launch.network.devices.length > 0 && existsSync(slotsFile(container))) {
        await (await import('./fill-at-start.ts')).fillAtStart(host, container, launch.network, options);
      }
      return launch;
    });
    host.hooks.sync.tapPromise('rootfs-ext2', async (container) =>
      (await import('./give-back.ts')).sync(host, container, options),
    );
  },
} satisfies Plugin<Ext2Options>;
