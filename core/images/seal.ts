/** Whether a layer is as it was: a number made of the inode and the change time of each of its files, which no program can set back. */
import { lstatSync, readdirSync } from 'node:fs';

/** More files than this are looked through by nobody: such an image is not kept. */
const mostFiles = 250_000;

/** Equal for equal layers; undefined for layers with too many files. */
export function sealOf(layers: readonly string[]): string | undefined {
  let files = 0;
  let [low, high] = [0x811c9dc5, 0x01000193];
  const mix = (number: number) => {
    low = Math.imul(low ^ (number % 0x100000000), 0x01000193);
    high = Math.imul(high ^ (number / 0x100000000), 0x85ebca6b) + low;
  };
  const visit = (path: string | Buffer): boolean => {
    const stat = lstatSync(path);
    files += 1;
    // Microseconds: what a number of milliseconds has room for.
    mix(stat.ino);
    mix(Math.round(stat.ctimeMs * 1000));
    return !stat.isDirectory() || (files <= mostFiles && namesIn(path).every(visit));
  };
  return layers.every(visit) ? `${files}.${low >>> 0}.${high >>> 0}` : undefined;
}

/** Paths; as text as long as they can be, which is faster. */
function namesIn(folder: string | Buffer): (string | Buffer)[] {
  if (typeof folder === 'string') {
    const names = readdirSync(folder);
    // What is not UTF-8 was replaced.
    if (!names.some((name) => name.includes('\ufffd'))) return names.map((name) => `${folder}/${name}`);
  }
  const names = readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[];
  return names.map((name) => Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]));
}
