/** What a guest wrote goes to the host, when its container is deleted or when somebody asks for it. */
import { closeSync, constants, existsSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host } from '../../core/plugin.ts';
import { carry } from './carry.ts';
import { devicesIn, folderOf, isAsSeen, keptIn, markSeen, type Notes, pathsOf, readKnown, writeWhole } from './notes.ts';
import { Outcome } from './outcome.ts';
import { Image } from './read.ts';
import type { Ext2Options } from './settings.ts';

/** So many problems are told one by one. */
const mostTold = 20;

/**
 * Carries back what every image of the container has and removes the images; those of which something could not be carried back are
 * kept. Safe to repeat: what was carried back already is seen to be there.
 */
export async function giveBack(host: Host, container: Container, options: Ext2Options): Promise<void> {
  const folder = folderOf(host, container);
  for (const device of devicesIn(folder)) {
    const { image } = pathsOf(folder, device);
    const outcome = await carryOne(host, folder, device, options);
    if (!outcome) continue;
    tell(host, container, device, outcome);
    if (outcome.isLeft)
      host.log.error(`what could not be carried back is in ${keep(host, container, device, image)}, an image of ext2`);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** The same while the guest goes on afterwards: the images stay, and what is known of them is brought up to date. */
export async function sync(host: Host, container: Container, options: Ext2Options): Promise<void> {
  const folder = folderOf(host, container);
  const devices = devicesIn(folder);
  if (devices.length === 0) host.log.warn(`container ${container.id} has no image that could be carried back`);
  for (const device of devices) {
    const outcome = await carryOne(host, folder, device, options, true);
    if (outcome) tell(host, container, device, outcome);
  }
}

/** Undefined where the guest has written nothing. */
async function carryOne(
  host: Host,
  folder: string,
  device: string,
  options: Ext2Options,
  goesOn = false,
): Promise<Outcome | undefined> {
  const paths = pathsOf(folder, device);
  const { image: path } = paths;
  // It may be among those that are kept already, when a run before was killed.
  if (!existsSync(path) || isAsSeen(paths)) return undefined;
  const outcome = new Outcome();
  const trees = await host.trees();
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const notes = JSON.parse(readFileSync(paths.notes, 'utf8')) as Notes;
    if (notes.readOnly) return undefined;
    const image = new Image(fd, trees.imageLimits('rootfs-ext2', options));
    const known = carry(readKnown(paths, notes), { image, id: notes.id, trees, outcome });
    if (goesOn) {
      writeWhole(paths.known, JSON.stringify(known));
      markSeen(paths);
    }
  } catch (error) {
    if (goesOn) throw error;
    outcome.isLeft = true;
    outcome.tell((error as Error).message);
  } finally {
    closeSync(fd);
  }
  return outcome;
}

function tell({ log }: Host, { id }: Container, device: string, { changes, problems }: Outcome): void {
  log.info(`container ${id}: ${changes} changes of its guest to ${device} were carried to the host`);
  for (const problem of problems.slice(0, mostTold)) log.warn(`container ${id}: ${problem}`);
  if (problems.length > mostTold) log.warn(`container ${id}: and ${problems.length - mostTold} more like these`);
}

/** Its new place. */
function keep(host: Host, { id }: Container, device: string, image: string): string {
  const folder = keptIn(host);
  for (let count = 1; ; count++) {
    const path = join(folder, `${id.slice(0, 12)}-${device}${count === 1 ? '' : `-${count}`}.ext2`);
    if (existsSync(path)) continue;
    renameSync(image, path);
    return path;
  }
}
