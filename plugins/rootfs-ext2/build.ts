/** Makes a container's image at `create`, and notes what is in it. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Container, Entry, Host, Limits, Mounts, Program, TreeTools, Unikernel, Volume } from '../../core/plugin.ts';
import { failure } from './failure.ts';
import { knownOf, type Part } from './known.ts';
import { folderOf, type Notes, pathsOf, stampOfImage } from './notes.ts';
import { type Ext2Options, freeSpaceOf } from './settings.ts';
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

export async function build(host: Host, container: Container, wanted: Wanted, options: Ext2Options): Promise<Made> {
  const { maxFiles = 200_000, maxSize = 16 * 2 ** 30, blockSize = 1024 } = options;
  const trees = await host.trees();
  const limits = { maxFiles, maxSize, plugin: 'rootfs-ext2' };
  const mounts = trees.mountsOf(container, limits);
  const contents =
    wanted.volume === undefined
      ? rootContents(host, trees, container, wanted, mounts, limits, options)
      : volumeContents(host, mounts, wanted.volume);
  const folder = folderOf(host, container);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { image, notes } = pathsOf(folder, wanted.device);
  for (const path of [notes, image]) rmSync(path, { force: true });
  try {
    const { tree, from, parts, readOnly } = contents;
    const written = writeImage(image, from, tree, trees, {
      blockSize,
      maxSize,
      freeSpace: readOnly ? 0 : freeSpaceOf(container, options),
    });
    const said: Notes = {
      format: 1,
      id: container.id,
      written: stampOfImage(statSync(image, { bigint: true })),
      known: readOnly ? undefined : knownOf(tree, written.inodes, parts),
    };
    writeFileSync(`${notes}.new`, JSON.stringify(said), { mode: 0o600 });
    renameSync(`${notes}.new`, notes);
    return { path: image, size: written.size, readOnly };
  } catch (error) {
    rmSync(image, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw failure(
      `there is no room for the image of the root file system in ${folder}`,
      'make room, or set dataDirectory in runnc.config',
    );
  }
}

interface Contents {
  readonly tree: Entry;
  /** Folder of the host that the tree is read from. */
  readonly from: string;
  readonly parts: ReadonlyMap<string, Part>;
  readonly readOnly: boolean;
}

function rootContents(
  host: Host,
  trees: TreeTools,
  container: Container,
  { unikernel, program }: Wanted,
  { files, volumes, others }: Mounts,
  limits: Limits,
  { withProgram = false }: Ext2Options,
): Contents {
  const { rootfs, rootfsReadOnly } = container;
  const kernel = withProgram ? undefined : Buffer.from(program.path).toString('latin1');
  const own = trees.readTree(rootfs, limits, (path) => trees.isOfHost(path) || path === kernel);
  const elsewhere = trees.volumeDevices(container, unikernel);
  const merged = volumes.filter(({ destination }) => !elsewhere.has(destination));
  warn(host, merged, others);
  const tree = [...files, ...merged].reduce((all, { inside, entry }) => trees.grafted(all, inside, entry), own);
  const parts = new Map<string, Part>([['', { kind: 'host', source: rootfs, readOnly: rootfsReadOnly, volume: false }]]);
  for (const { inside } of files) parts.set(latin1(inside), { kind: 'engine' });
  for (const volume of merged) parts.set(latin1(volume.inside), partOf(volume));
  return { tree, from: rootfs, parts, readOnly: rootfsReadOnly && merged.every(({ readOnly }) => readOnly) };
}

function volumeContents(host: Host, { volumes }: Mounts, destination: string): Contents {
  const volume = volumes.find((each) => each.destination === destination);
  if (!volume?.entry.entries)
    throw failure(`what is mounted at ${destination} is no folder, and cannot be a block device of its own`);
  warn(host, [volume], []);
  const { entry, readOnly, source = '/' } = volume;
  return { tree: entry, from: source, parts: new Map([['', partOf(volume)]]), readOnly };
}

function partOf({ source, readOnly, entry }: Volume): Part {
  if (source === undefined) return { kind: 'engine' };
  const { dev, ino } = statSync(entry.entries ? source : dirname(source), { bigint: true });
  return { kind: 'host', source, readOnly, volume: true, top: `${dev}:${ino}` };
}

const latin1 = (path: string): string => Buffer.from(path).toString('latin1');

/** Once for each container. */
function warn({ log }: Host, volumes: readonly Volume[], others: readonly string[]): void {
  const say = (places: readonly string[]) => places.map((place) => JSON.stringify(place)).join(', ');
  if (others.length > 0) log.warn(`the guest does not see what is mounted at ${say(others)}: it is neither a file nor a folder`);
  const shared = volumes.filter(({ source }) => source !== undefined);
  if (shared.length === 0) return;
  const written = shared.filter(({ readOnly }) => !readOnly).map(({ destination }) => destination);
  const back = written.length > 0 ? `; what it writes to ${say(written)} reaches the host when it stops, and at runnc sync` : '';
  log.warn(
    `the guest has ${say(shared.map(({ destination }) => destination))} as it is now: it does not see what changes there later${back}`,
  );
}
