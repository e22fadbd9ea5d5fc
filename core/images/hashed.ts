/** What a tree holds where no layers tell it: a hash of all that is in it. */
import { sha256 } from '../sys/sha256.ts';
import { readContents } from '../tree/contents.ts';
import { isOfHost } from '../tree/mounts.ts';
import { type Data, type Entry, readTree } from '../tree/tree.ts';

/** Beyond these nobody looks through it: such an image is not kept. */
const limits = { maxFiles: 250_000, maxSize: 16 * 2 ** 30, plugin: 'cache' };
const pieceSize = 1 << 20;
/** What engines make or touch for each container, at another time each. */
const made = new Set([
  ...['', '/.dockerenv', '/etc', '/etc/hostname', '/etc/hosts', '/etc/mtab', '/etc/resolv.conf'],
  ...['/run', '/run/.containerenv'],
]);

/** @throws Error ERR_IMAGE for a tree with too much in it */
export function hashOf(rootfs: string): string {
  const root = readTree(rootfs, limits, isOfHost);
  const lines: string[] = [];
  const numbers = new Map<Data, number>();
  const visit = (entry: Entry, path: string) => {
    const { mode, uid, gid, modified, device, target, data, entries } = entry;
    const number = numbers.get(data) ?? numbers.set(data, numbers.size).size;
    const time = made.has(path) ? -1 : Math.floor(modified / 1000);
    lines.push(JSON.stringify([path, mode, uid, gid, time, device, target?.toString('latin1'), data.size, number]));
    for (const child of entries ?? []) visit(child, `${path}/${child.name.toString('latin1')}`);
  };
  visit(root, '');
  return sha256(Buffer.concat([...contentsOf(rootfs, root), Buffer.from(lines.join('\n'))])).toString('hex');
}

/** Hashes of the files' contents one after the other, in pieces; where each ends is told by its size. */
function contentsOf(rootfs: string, root: Entry): Buffer[] {
  const hashes: Buffer[] = [];
  const buffer = Buffer.allocUnsafe(pieceSize);
  let used = 0;
  const flush = () => {
    hashes.push(sha256(buffer.subarray(0, used)));
    used = 0;
  };
  readContents(
    rootfs,
    root,
    () => true,
    ({ size }, read) => {
      for (let left = size; left > 0; ) {
        if (used === pieceSize) flush();
        const length = Math.min(left, pieceSize - used);
        read(buffer, used, length);
        used += length;
        left -= length;
      }
    },
  );
  flush();
  return hashes;
}
