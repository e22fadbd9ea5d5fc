/** Makes a container's image at `create`, and notes what is in it. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container, Host, Json, Limits, Program, TreeTools, Unikernel, Volume } from '../../core/plugin.ts';
import { failure } from './failure.ts';
import { type Fillable, fillSlots, slotRoom } from './fill.ts';
import type { Use } from './groups.ts';
import { knownOf, type Part } from './known.ts';
import { folderOf, markSeen, type Notes, type Paths, pathsOf, slotsFile, writeWhole } from './notes.ts';
import { type Ext2Options, freeSpaceOf } from './settings.ts';
import { warn } from './warn.ts';
import { writeImage } from './write.ts';

export interface Wanted {
  /** Name in the manifest. */
  readonly device: string;
  /** Destination of the volume that it carries; undefined for the root. */
  readonly volume: string | undefined;
  readonly unikernel: Unikernel;
  readonly program: Program;
}

interface Made {
  readonly path: string;
  readonly size: number;
  readonly readOnly: boolean;
}

/** For `start`: what the root's slots hold may depend on the network. */
export interface Slots {
  readonly paths: Paths;
  readonly fillable: Fillable;
  /** With what was filled in at `create`. */
  readonly filled: Use;
}

interface Making {
  readonly host: Host;
  readonly trees: TreeTools;
  readonly container: Container;
  readonly wanted: Wanted;
  readonly limits: Limits;
  readonly options: Ext2Options;
  readonly paths: Paths;
}

/** Raised when the same tree becomes another image than before, or the notes change. */
const kind = 'ext2 3';

export async function build(host: Host, container: Container, wanted: Wanted, options: Ext2Options): Promise<Made> {
  const trees = await host.trees();
  await giveBackEarlier(host, container, options);
  const folder = folderOf(host, container);
  const isNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  const paths = pathsOf(folder, wanted.device);
  const { image: path, notes, known } = paths;
  for (const old of isNew ? [] : [notes, known, path]) rmSync(old, { force: true });
  const making = { host, trees, container, wanted, limits: trees.imageLimits('rootfs-ext2', options), options, paths };
  const { size, readOnly, part } = await (wanted.volume === undefined ? makeRoot(making) : makeVolume(making, wanted.volume));
  markSeen(paths);
  const said: Notes = { format: 2, id: container.id, directory: container.directory, readOnly, ...(part ? { part } : {}) };
  writeWhole(notes, JSON.stringify(said));
  return { path, size, readOnly };
}

/**
 * The machine may have ended while a container of this name ran, and with it all that is known of the container but its images. What its guest
 * wrote goes to the host before the next image is made of that.
 */
async function giveBackEarlier(host: Host, container: Container, options: Ext2Options): Promise<void> {
  const mark = join(container.directory, 'rootfs-ext2.begun');
  if (existsSync(mark)) return;
  if (existsSync(folderOf(host, container))) await (await import('./give-back.ts')).giveBack(host, container, options);
  writeFileSync(mark, '');
}

interface MadeImage {
  readonly size: number;
  readonly readOnly: boolean;
  readonly part?: Part;
}

async function makeRoot({ host, trees, container, wanted, limits, options, paths }: Making): Promise<MadeImage> {
  const { rootfs, rootfsReadOnly } = container;
  const elsewhere = trees.volumeDevices(container, wanted.unikernel);
  const { files, volumes, others } = trees.mountsOf(container, limits, (destination) => elsewhere.has(destination));
  warn(host, volumes, others);
  const { withProgram = false, blockSize = 1024 } = options;
  const { maxFiles, maxSize } = limits;
  const kernel = withProgram ? null : latin1(wanted.program.path);
  const readOnly = rootfsReadOnly && volumes.every((volume) => volume.readOnly);
  const freeSpace = freeSpaceOf(container, options);
  const slots = files.map(({ inside }) => inside).sort();
  const empty = trees.emptyVolumes(volumes);
  const image = await host.images.make(container, {
    kind,
    depends: { kernel, maxFiles, maxSize, blockSize, freeSpace, slots, empty },
    path: paths.image,
    beside: paths.known,
    writable: true,
    ...(slots.length > 0 ? { written: (notes: Json) => (notes as unknown as Fillable).places } : {}),
    // Others are anybody's, and change.
    alone: volumes.length > empty.length,
    build: async (file) => {
      const own = trees.readTree(rootfs, limits, (place) => trees.isOfHost(place) || place === kernel);
      const tree = trees.withSlots(own, slots, volumes);
      const { inodes, size, ...fillable } = writeImage(file, rootfs, tree, trees, {
        ...{ blockSize, maxSize },
        freeSpace: freeSpace + slots.length * slotRoom,
      });
      const parts = new Map<string, Part>(slots.map((inside) => [latin1(inside), { kind: 'engine' }]));
      for (const volume of volumes) parts.set(latin1(volume.inside), partOf(volume));
      writeWhole(paths.known, JSON.stringify(knownOf(tree, inodes, parts)));
      return fillable satisfies Fillable as unknown as Json;
    },
  });
  const fillable = image.notes as unknown as Fillable;
  if (files.length > 0) {
    const filled = fillSlots(paths.image, fillable, files);
    writeWhole(slotsFile(container), JSON.stringify({ paths, fillable, filled } satisfies Slots));
  }
  const { ino } = statSync(rootfs, { bigint: true });
  const part: Part = { kind: 'host', source: rootfs, readOnly: rootfsReadOnly, volume: false, top: `*:${ino}` };
  return { size: image.size, readOnly, part };
}

async function makeVolume({ host, trees, container, limits, options, paths }: Making, wanted: string): Promise<MadeImage> {
  const { volumes } = trees.mountsOf(container, limits, (destination) => destination !== wanted);
  const [volume] = volumes;
  if (!volume?.entry.entries) {
    throw failure(`what is mounted at ${wanted} is no folder, and cannot be a block device of its own`);
  }
  warn(host, [volume], []);
  const { entry, readOnly, source = '/' } = volume;
  const image = await host.images.make(container, {
    kind,
    depends: null,
    path: paths.image,
    beside: paths.known,
    writable: true,
    alone: true,
    build: async (file) => {
      const { blockSize = 1024 } = options;
      const { maxSize } = limits;
      const { inodes } = writeImage(file, source, entry, trees, {
        blockSize,
        maxSize,
        freeSpace: freeSpaceOf(container, options),
      });
      writeWhole(paths.known, JSON.stringify(knownOf(entry, inodes, new Map([['', partOf(volume)]]))));
      return null;
    },
  });
  return { size: image.size, readOnly };
}

function partOf({ source, readOnly, entry }: Volume): Part {
  if (source === undefined) return { kind: 'engine' };
  const { dev, ino } = statSync(entry.entries ? source : dirname(source), { bigint: true });
  return { kind: 'host', source, readOnly, volume: true, top: `${dev}:${ino}` };
}

const latin1 = (path: string): string => Buffer.from(path).toString('latin1');
