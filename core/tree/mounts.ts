/** What a container's mounts mean for a guest that sees images: files that the engine makes, and volumes of the user's. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { insideRootfs } from '../linux/inside-rootfs.ts';
import { engineInits } from '../oci/engine-inits.ts';
import type { Container } from '../plugin.ts';
import { emptyFolder } from './grafts.ts';
import { type Entry, failure, type Limits, readFile, readTree } from './tree.ts';

/** Something that a mount puts into the tree. */
export interface Graft {
  /** Where the guest has it: a path inside of the rootfs, without symlinks. */
  readonly inside: string;
  /** What config.json calls the place. */
  readonly destination: string;
  readonly entry: Entry;
}

export interface Volume extends Graft {
  /** The folder or file of the host, without symlinks; undefined for a tmpfs, which is empty at first and never kept. */
  readonly source: string | undefined;
  readonly readOnly: boolean;
}

export interface Mounts {
  /** resolv.conf, hosts, hostname and .containerenv. */
  readonly files: readonly Graft[];
  readonly volumes: readonly Volume[];
  /** Places of mounts that no image can show: sockets, devices, file systems of the kernel. */
  readonly others: readonly string[];
}

/** Folders that are the host's own, and in no image. */
const hosts = ['/dev', '/proc', '/sys'];
/** Files that engines make for each container; the last one is Podman's. */
const perContainer = ['/etc/resolv.conf', '/etc/hosts', '/etc/hostname', '/run/.containerenv'];
/** Files that engines make are a few lines each; this much is somebody's mistake. */
const largest = 1 << 20;

/** Whether a path inside of a rootfs is a folder of the host's own, or in one. */
export const isOfHost = (path: string): boolean => hosts.some((folder) => `${path}/`.startsWith(`${folder}/`));

/**
 * Looks at every mount; volumes are looked through, nothing of them is read. Those that `leaveOut` says are not looked at.
 * @throws Error ERR_IMAGE beyond the limits, and for what is not there
 */
export function mountsOf(
  { rootfs, mounts }: Container,
  limits: Limits,
  leaveOut: (destination: string) => boolean = () => false,
): Mounts {
  const files: Graft[] = [];
  const volumes: Volume[] = [];
  const others: string[] = [];
  for (const { destination, source, type, options = [] } of mounts) {
    if (isOfHost(destination) || engineInits.includes(destination) || leaveOut(destination)) continue;
    const isBind = type === 'bind' || options.some((option) => option === 'bind' || option === 'rbind');
    const readOnly = options.findLast((option) => option === 'ro' || option === 'rw') === 'ro';
    const { inside } = insideRootfs(rootfs, destination);
    if (type === 'tmpfs') {
      volumes.push({ inside, destination, source: undefined, readOnly, entry: emptyFolder(Buffer.alloc(0), modeIn(options)) });
    } else if (!isBind || source === undefined) others.push(destination);
    else if (perContainer.includes(destination)) files.push({ inside, destination, entry: readSmall(source) });
    else {
      const entry = treeOf(source, destination, limits);
      if (entry) volumes.push({ inside, destination, source: entry.origin, readOnly, entry });
      else others.push(destination);
    }
  }
  return { files, volumes, others };
}

/** What an image depends on of the volumes that are empty in each container, each tmpfs: where it is, and its mode. */
export const emptyVolumes = (volumes: readonly Volume[]): readonly (readonly [inside: string, mode: number])[] =>
  volumes.filter(({ source }) => source === undefined).map(({ inside, entry }) => [inside, entry.mode]);

/** As tmpfs(5) has it; Docker says nothing and means 1777. */
const modeIn = (options: readonly string[]): number =>
  Number.parseInt(options.findLast((option) => /^mode=0?[0-7]{1,4}$/.test(option))?.slice('mode='.length) ?? '1777', 8);

function treeOf(source: string, destination: string, limits: Limits): (Entry & { readonly origin: string }) | undefined {
  let origin: string;
  try {
    origin = realpathSync(source);
  } catch {
    throw failure(`${source}, which is to be mounted at ${destination}, is not there`);
  }
  const stat = statSync(origin);
  if (stat.isDirectory()) return { ...readTree(origin, limits, () => false), origin };
  return stat.isFile() ? { ...readFile(origin), origin } : undefined;
}

function readSmall(path: string): Entry {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw failure(`${path}, which is mounted into the container, is not a file`);
    if (stat.size > largest) throw failure(`${path}, which is mounted into the container, has more than ${largest} bytes`);
    const buffer = Buffer.alloc(stat.size);
    const content = buffer.subarray(0, readSync(fd, buffer, 0, stat.size, 0));
    const { mode, uid, gid, mtimeMs: modified } = stat;
    return { name: Buffer.alloc(0), mode, uid, gid, modified, data: { size: content.length, content } };
  } finally {
    closeSync(fd);
  }
}
