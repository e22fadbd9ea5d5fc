/** What the guest list-iso prints for a tree. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** As the guest does it. */
export function sumOf(bytes: Uint8Array): bigint {
  let sum = 0n;
  for (const byte of bytes) sum = BigInt.asUintN(64, sum * 31n + BigInt(byte));
  return sum % 1000000007n;
}

/** A line for each name, in the order of the image; names are bytes, decoded as its output is. */
export function linesOf(folder: string | Buffer, below = ''): string[] {
  const names = readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[];
  return names.sort(Buffer.compare).flatMap((name) => {
    const place = Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);
    const stat = lstatSync(place);
    const { mode, nlink, uid, gid, size } = stat;
    const content = stat.isFile() ? readFileSync(place) : Buffer.alloc(0);
    const link = stat.isSymbolicLink() ? ` -> ${readlinkSync(place, { encoding: 'buffer' })}` : '';
    const own = `${mode.toString(8)} ${nlink} ${uid} ${gid} ${stat.isFile() ? size : 0} ${sumOf(content)} ${below}/${name}${link}`;
    return [own, ...(stat.isDirectory() ? linesOf(place, `${below}/${name}`) : [])];
  });
}
