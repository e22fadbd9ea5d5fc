/**
 * rootfs-iso: puts the container's root file system behind a guest's block device, as a read-only ISO 9660 image with Rock Ridge.
 * Which device: the one called `rootfs` (or what runnc.config says), or the only block device that the unikernel declares, unless
 * a plugin before this one has something for it.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host, Json, Plugin, Program, Unikernel, Volume } from '../../core/plugin.ts';
import { fillSlots, placesOfSlots } from './slots.ts';
import { writeImage } from './write.ts';

export interface IsoOptions {
  /** Name in the manifest. */
  readonly device?: string;
  /** Whether the unikernel program itself is in the image. */
  readonly withProgram?: boolean;
  readonly maxFiles?: number;
  /** In bytes. */
  readonly maxSize?: number;
}

/** Raised when the same tree becomes another image than before. */
const kind = 'iso9660 2';
/** Solo5's; what is in the image has sectors of 2048 bytes. */
const blockSize = 512;

export default {
  name: 'rootfs-iso',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      device: { type: 'string', minLength: 1 },
      withProgram: { type: 'boolean' },
      maxFiles: { type: 'integer', minimum: 1 },
      maxSize: { type: 'integer', minimum: 1 },
    },
  },
  apply(host, options) {
    const image = host.resource<Found, { path: string; size: number }>({
      name: 'rootfs-iso',
      acquire: async (container, found) => build(host, container, found, options),
      release: async (container, state) => rmSync(state?.path ?? (await host.images.pathFor(container, 'iso')), { force: true }),
    });
    host.hooks.rootfs.tapPromise('rootfs-iso', async (container, unikernel, { name }, program) => {
      const { isRootDevice } = await host.trees();
      if (!isRootDevice(name, unikernel, options.device)) return undefined;
      const { path, size } = await image.take(container, { program, unikernel });
      return { name, path, readOnly: true, capacity: size, blockSize };
    });
    // Once the network is known. What is written at the image's end is in reach of the descriptor that was opened at `create`.
    host.hooks.launch.tapPromise('rootfs-iso', async (launch, container) => {
      if (launch.network.devices.length === 0 || !existsSync(slotsFile(container))) return launch;
      const path = await host.images.pathFor(container, 'iso');
      const { filesAtStart, imageLimits } = await host.trees();
      const slots = JSON.parse(readFileSync(slotsFile(container), 'utf8')) as Readonly<Record<string, number>>;
      const size = fillSlots(path, slots, filesAtStart(container, launch.network, imageLimits('rootfs-iso', options)));
      const blocks = launch.blocks.map((block) => (block.path === path ? { ...block, capacity: size } : block));
      return { ...launch, blocks };
    });
  },
} satisfies Plugin<IsoOptions>;

/** Where in the image the records of files are that engines make. */
const slotsFile = ({ directory }: Container): string => join(directory, 'rootfs-iso.json');

interface Found {
  readonly program: Program;
  readonly unikernel: Unikernel;
}

async function build(
  host: Host,
  container: Container,
  found: Found,
  options: IsoOptions,
): Promise<{ path: string; size: number }> {
  const { withProgram = false } = options;
  const { rootfs } = container;
  const trees = await host.trees();
  const limits = trees.imageLimits('rootfs-iso', options);
  const { maxFiles, maxSize } = limits;
  const elsewhere = trees.volumeDevices(container, found.unikernel);
  const { files, volumes: merged, others } = trees.mountsOf(container, limits, (destination) => elsewhere.has(destination));
  warn(host, merged, others);
  // As latin1, as the tree has it.
  const kernel = withProgram ? null : Buffer.from(found.program.path).toString('latin1');
  const leaveOut = (path: string) => trees.isOfHost(path) || path === kernel;
  const path = await host.images.pathFor(container, 'iso');
  rmSync(path, { force: true });
  const slots = files.map(({ inside }) => inside).sort();
  const empty = trees.emptyVolumes(merged);
  const image = await host.images.make(container, {
    kind,
    depends: { kernel, maxFiles, maxSize, slots, empty },
    path,
    writable: files.length > 0,
    ...(files.length > 0 ? { written: (notes: Json) => placesOfSlots(notes as Readonly<Record<string, number>>) } : {}),
    // Others are anybody's, and change.
    alone: merged.length > empty.length,
    build: async (file) => {
      const own = trees.readTree(rootfs, limits, leaveOut);
      const tree = trees.withSlots(own, slots, merged);
      return writeImage(file, rootfs, tree, trees).slots;
    },
  });
  if (files.length === 0) return { path, size: image.size };
  writeFileSync(slotsFile(container), JSON.stringify(image.notes), { mode: 0o600 });
  return { path, size: fillSlots(path, image.notes as Readonly<Record<string, number>>, files) };
}

/** Volumes that no device of their own carries are in the root, as they are now. */
function warn({ log }: Host, merged: readonly Volume[], others: readonly string[]): void {
  const say = (places: readonly string[]) => places.map((place) => JSON.stringify(place)).join(', ');
  if (others.length > 0) log.warn(`the guest does not see what is mounted at ${say(others)}: it is neither a file nor a folder`);
  if (merged.length === 0) return;
  const writable = merged.filter(({ readOnly }) => !readOnly).map(({ destination }) => destination);
  const places = say(merged.map(({ destination }) => destination));
  const cannot = writable.length > 0 ? `, and cannot write to ${say(writable)}: its root is a read-only image` : '';
  log.warn(`the guest has ${places} as it is now: it does not see what changes there later${cannot}`);
}
