/** Where a container's images are, and what is kept beside each. */
import { type BigIntStats, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host } from '../../core/plugin.ts';
import type { Known, Part } from './known.ts';

export interface Notes {
  readonly format: 2;
  /** The container's. */
  readonly id: string;
  /** The container's folder: where it is not there any more, nobody has use for the image. */
  readonly directory: string;
  /** Whether the guest cannot write to it. */
  readonly readOnly: boolean;
  /** Where all of it is from, if that is other for each container. */
  readonly part?: Part;
}

/** What the image held at first, or when it was carried back last. */
export function readKnown({ known }: Paths, { part }: Notes): Known {
  const found = JSON.parse(readFileSync(known, 'utf8')) as Known;
  return part ? { ...found, part } : found;
}

const stampOfImage = ({ ino, size, mtimeNs }: BigIntStats): string => [ino, size, mtimeNs].join(':');

/** Notes that it is whole, or carried back, as it is now: an image that is another later was written to. */
export function markSeen({ image, stamp }: Paths): void {
  writeWhole(stamp, stampOfImage(statSync(image, { bigint: true })));
}

/** Whether nobody has written to it since. */
export const isAsSeen = ({ image, stamp }: Paths): boolean =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOfImage(statSync(image, { bigint: true }));

/** A file, whole or not at all. */
export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** A folder for each container that has images. */
export const imagesIn = (host: Host): string => host.dataDirectory('rootfs-ext2');

/** Not in the container's folder, which is in memory; and not in the cache, as nobody could make it again. */
export function folderOf(host: Host, { directory }: Container): string {
  return join(imagesIn(host), host.sha256(directory).toString('hex').slice(0, 32));
}

/** Images of which something could not be carried back. */
export const keptIn = (host: Host): string => host.dataDirectory('kept');

export interface Paths {
  readonly image: string;
  readonly notes: string;
  /** `Known`, which is large: read only when something is carried back, and a link to the cache's as long as nothing was. */
  readonly known: string;
  readonly stamp: string;
}

/** Device names are letters and digits. */
export const pathsOf = (folder: string, device: string): Paths => ({
  image: join(folder, `${device}.ext2`),
  notes: join(folder, `${device}.json`),
  known: join(folder, `${device}.known`),
  stamp: join(folder, `${device}.stamp`),
});

/** The devices whose images are whole: others were never seen by a guest. */
export function devicesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
}

/** What `start` needs to fill in the root's slots. */
export const slotsFile = ({ directory }: Container): string => join(directory, 'rootfs-ext2.json');
