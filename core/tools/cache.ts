/** `runnc cache`: the root images that are kept for later containers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { checksumOfEntry } from '../images/cache.ts';
import { readEntry, removeEntry } from '../images/entry.ts';
import { removeEarlier } from '../images/own-path.ts';
import { type Kept, keptIn, makeRoom, sweep } from '../images/room.ts';
import { beginSeal } from '../images/seal.ts';
import type { Context } from '../lifecycle/context.ts';
import { mebibytes, table } from './table.ts';

interface Place {
  readonly folder: string;
  /** In bytes. */
  readonly cacheSize: number;
}

async function placeOf({ config: path, profile }: Context): Promise<Place> {
  const { cacheDirectory, cacheSize } = (await loadConfig({ path, profile })).config;
  return { folder: join(cacheDirectory, 'images'), cacheSize };
}

/** What is kept, the one that was used last first. */
export async function listCache(context: Context, json: boolean): Promise<string> {
  const { folder, cacheSize } = await placeOf(context);
  const rows = keptIn(folder).map((kept) => ({ ...kept, ...describe(folder, kept) }));
  if (json) return `${JSON.stringify({ folder, cacheSize, images: rows }, null, 2)}\n`;
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    table([
      ['KEY', 'KIND', 'SIZE', 'LAST USED', 'IN USE', 'TOP LAYER'],
      ...rows.map(({ key, kind, bytes, lastUsed, users, layers }) => [
        key,
        kind,
        mebibytes(bytes),
        lastUsed,
        String(users),
        layers[0] ?? '-',
      ]),
    ]),
    `${rows.length} images, ${mebibytes(total)} of ${mebibytes(cacheSize)}\n`,
  ].join('');
}

function describe(folder: string, { key, used }: Kept) {
  const { kind = 'damaged', layers = [] } = readEntry(folder, key) ?? {};
  return { kind, layers, lastUsed: new Date(used).toISOString().slice(0, 19).replace('T', ' ') };
}

/** Removes what killed processes left, and images until the others take no more than `cacheSize`; with `all` every one. */
export async function pruneCache(context: Context, all: boolean): Promise<string> {
  const { folder, cacheSize } = await placeOf(context);
  if (!existsSync(folder)) return 'nothing is kept\n';
  const left = (await sweep(folder)) + removeEarlier(join(folder, '../containers'));
  const removed = makeRoom(folder, all ? 0 : cacheSize);
  const bytes = removed.reduce((sum, kept) => sum + kept.bytes, 0);
  return `removed ${removed.length} images of ${mebibytes(bytes)}, and ${left} leftovers\n`;
}

/** Reads every image, and looks at each file of its layers; removes those that are not what was written, or not what the layers hold. */
export async function verifyCache(context: Context): Promise<{ readonly said: string; readonly isWhole: boolean }> {
  const { folder } = await placeOf(context);
  const lines: string[] = [];
  let damaged = 0;
  for (const { key } of keptIn(folder)) {
    const found = await conditionOf(folder, key);
    lines.push(`${key}   ${found === 'whole' ? found : `${found}, removed`}\n`);
    if (found !== 'whole') removeEntry(folder, key);
    if (found === 'damaged') damaged += 1;
  }
  return { said: `${lines.join('')}${lines.length} images, ${damaged} damaged\n`, isWhole: damaged === 0 };
}

async function conditionOf(
  folder: string,
  key: string,
): Promise<'whole' | 'damaged' | 'of layers that are gone' | 'of layers that somebody has changed'> {
  const entry = readEntry(folder, key);
  if (entry === undefined || (await checksumOfEntry(folder, key, entry)) !== entry.checksum) return 'damaged';
  const { layers, seal } = entry;
  if (!layers.every((layer) => existsSync(layer))) return 'of layers that are gone';
  const isAsBuilt = layers.length === 0 || (await (await beginSeal(layers, 'files')).seal())?.text === seal;
  return isAsBuilt ? 'whole' : 'of layers that somebody has changed';
}
