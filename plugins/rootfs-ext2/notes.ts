/** Where a container's images are, and what is kept beside each. */
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host } from '../../core/plugin.ts';
import type { Known } from './known.ts';

export interface Notes {
  readonly format: 1;
  /** The container's. */
  readonly id: string;
  /** What `stampOfImage` said when it was whole: an image with another one was written to. */
  readonly written: string;
  /** Undefined for an image that the guest cannot write to. */
  readonly known?: Known | undefined;
}

export const stampOfImage = ({ ino, size, mtimeNs }: BigIntStats): string => [ino, size, mtimeNs].join(':');

/** Not in the container's folder, which is in memory; and not in the cache, as nobody could make it again. */
export function folderOf(host: Host, { directory }: Container): string {
  // Loaded only here: node:crypto would cost every create two milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return join(host.dataDirectory('rootfs-ext2'), createHash('sha256').update(directory).digest('hex').slice(0, 32));
}

/** Images of which something could not be carried back. */
export const keptIn = (host: Host): string => host.dataDirectory('kept');

/** Device names are letters and digits. */
export const pathsOf = (folder: string, device: string) => ({
  image: join(folder, `${device}.ext2`),
  notes: join(folder, `${device}.json`),
});
