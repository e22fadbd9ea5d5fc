/** The one folder that holds all files of an engine, and its removal, mounts included. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { isAlive } from './processes.ts';

/** Not /tmp, which may be a tmpfs, and short: the path of a unix socket has at most 107 characters. */
const parent = '/var/tmp';
const prefix = 'runnc-e2e-';
const magicOfOverlay = 0x794c7630; // linux/magic.h, OVERLAYFS_SUPER_MAGIC

/** Makes a folder for this process; its last part also names the engine's network namespace and cgroup. */
export function makeFolder(): string {
  const folder = path.join(parent, `${prefix}${process.pid.toString(36)}${Date.now().toString(36).slice(-4)}`);
  // It has its name when it has its owner: another run looks for folders without one.
  const nameless = path.join(parent, `runnc-new-${path.basename(folder)}`);
  mkdirSync(nameless, { mode: 0o711 });
  writeFileSync(path.join(nameless, 'owner'), `${process.pid}`);
  renameSync(nameless, folder);
  return folder;
}

/** Folders whose makers have ended without removing them. */
export function abandonedFolders(): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(parent, name))
    .filter((folder) => !isAlive(ownerOf(folder)));
}

/** Removes the folder and everything mounted in it. */
export async function removeFolder(folder: string): Promise<void> {
  const mounts = mountPoints().filter((mount) => mount.startsWith(`${folder}/`));
  for (const mount of mounts.reverse()) await execa('umount', ['--lazy', mount], { reject: false });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** overlay2 does not work on top of an overlay: where the folder lies on one, files are copied instead. */
export function storageDriver(folder: string): 'overlay2' | 'vfs' {
  return statfsSync(folder).type === magicOfOverlay ? 'vfs' : 'overlay2';
}

/** All mount points of this mount namespace, in the order they were made. */
export function mountPoints(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((mount) => mount !== undefined)
    .map((mount) => mount.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}

function ownerOf(folder: string): number {
  try {
    return Number(readFileSync(path.join(folder, 'owner'), 'utf8'));
  } catch {
    return -1;
  }
}
