/** Images of guests' writes that are in no container's use: for people to look at and remove. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Kept } from '../../core/plugin.ts';
import { devicesIn, imagesIn, isAsSeen, keptIn, type Notes, pathsOf } from './notes.ts';

/** What could not be carried back, and what a machine left that ended while a guest ran. */
export function listKept(host: Host): readonly Kept[] {
  return [...inKept(host), ...ofEndedMachine(host)];
}

/** `CONTAINER-DEVICE.ext2`, `CONTAINER-DEVICE-2.ext2`. */
function inKept(host: Host): readonly Kept[] {
  const folder = keptIn(host);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ext2'))
    .map((name) => {
      const path = join(folder, name);
      return {
        ...{ name, path, ...measured(path) },
        container: name.slice(0, name.lastIndexOf('-')),
        why: 'could not be carried back',
        isWritten: true,
        remove: async () => rmSync(path, { force: true }),
      };
    });
}

function ofEndedMachine(host: Host): readonly Kept[] {
  const above = imagesIn(host);
  return readdirSync(above).flatMap((own) => {
    const folder = join(above, own);
    const left = devicesIn(folder).flatMap((device): readonly Kept[] => {
      const paths = pathsOf(folder, device);
      const notes = JSON.parse(readFileSync(paths.notes, 'utf8')) as Notes;
      // While it has a folder a container has use for it, whatever has become of its guest.
      if (existsSync(notes.directory) || !existsSync(paths.image)) return [];
      const isWritten = !notes.readOnly && !isAsSeen(paths);
      return [
        {
          ...{ name: `${own.slice(0, 12)}-${device}`, path: paths.image, ...measured(paths.image) },
          container: notes.id,
          why: 'the machine ended before its container was deleted',
          isWritten,
          async remove() {
            for (const path of Object.values(paths) as readonly string[]) rmSync(path, { force: true });
            if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
          },
        },
      ];
    });
    return left;
  });
}

/** What it takes on the disk, in bytes, and when it was written to last. */
function measured(path: string): Pick<Kept, 'bytes' | 'written'> {
  const { blocks, mtimeMs } = lstatSync(path);
  return { bytes: blocks * 512, written: mtimeMs };
}
