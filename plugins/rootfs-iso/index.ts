/**
 * rootfs-iso: puts the container's root file system behind a guest's block device, as a read-only ISO 9660 image with Rock Ridge.
 * Which device: the one called `rootfs` (or what runnc.config says), or the only block device that the unikernel declares, unless
 * a plugin before this one has something for it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host, Plugin, Program, Unikernel } from '../../core/plugin.ts';
import { type Edit, edited } from './edits.ts';
import { failure, readTree } from './tree.ts';
import { writeImage } from './write.ts';

export interface IsoOptions {
  /** Name in the manifest. */
  readonly device?: string;
  /** Whether the unikernel program itself is in the image. */
  readonly withProgram?: boolean;
  readonly maxFiles?: number;
  /** In bytes. */
  readonly maxSize?: number;
}

/** Solo5's; what is in the image has sectors of 2048 bytes. */
const blockSize = 512;
/** Folders that are the host's own. */
const hosts = new Set(['/dev', '/proc', '/sys']);
/** Files that engines make for each container. */
const perContainer = ['/etc/resolv.conf', '/etc/hosts', '/etc/hostname'];

export default {
  name: 'rootfs-iso',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      device: { type: 'string', minLength: 1 },
      withProgram: { type: 'boolean' },
      maxFiles: { type: 'integer', minimum: 1 },
      maxSize: { type: 'integer', minimum: 1 },
    },
  },
  apply(host, options) {
    const image = host.resource<Program, { path: string; size: number }>({
      name: 'rootfs-iso',
      acquire: async (container, program) => build(host, container, program, options),
      release: async (container, state) => rmSync(state?.path ?? imagePath(host, container), { force: true }),
    });
    host.hooks.rootfs.tapPromise('rootfs-iso', async (container, unikernel, { name }, program) => {
      if (!isRoot(name, unikernel, options)) return undefined;
      const { path, size } = await image.take(container, program);
      return { name, path, readOnly: true, capacity: size, blockSize };
    });
  },
} satisfies Plugin<IsoOptions>;

/** What a guest may have but need not is no root: making an image costs time. */
function isRoot(name: string, { devices }: Unikernel, { device = 'rootfs' }: IsoOptions): boolean {
  const blocks = devices.filter(({ kind }) => kind === 'block');
  return name === device || (blocks.length === 1 && !blocks[0]?.optional);
}

/** Not in the container's folder, which is in memory: an image can be large. */
function imagePath(host: Host, { directory }: Container): string {
  // Loaded only here: node:crypto would cost every create two milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  return join(host.cacheDirectory('rootfs-iso'), `${name}.iso`);
}

function build(host: Host, container: Container, program: Program, options: IsoOptions): { path: string; size: number } {
  const { maxFiles = 200_000, maxSize = 16 * 2 ** 30, withProgram = false } = options;
  const { rootfs } = container;
  // As latin1, as the tree has it.
  const kernel = withProgram ? undefined : Buffer.from(program.path).toString('latin1');
  const leaveOut = (path: string) => hosts.has(path) || path === kernel;
  const path = imagePath(host, container);
  rmSync(path, { force: true });
  try {
    const tree = edited(readTree(rootfs, { maxFiles, maxSize }, leaveOut), editsOf(host, container));
    return { path, size: writeImage(path, rootfs, tree) };
  } catch (error) {
    rmSync(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw failure(`there is no room for the image of the root file system in ${path}`, 'set cacheDirectory in runnc.config');
  }
}

function editsOf({ insideRootfs, log }: Host, { rootfs, mounts }: Container): Edit[] {
  return mounts.flatMap(({ destination, source, type, options = [] }) => {
    const isBind = type === 'bind' || options.some((option) => option === 'bind' || option === 'rbind');
    if (!isBind || source === undefined) return [];
    if (perContainer.includes(destination)) return [{ inside: insideRootfs(rootfs, destination).inside, source }];
    if (![...hosts].some((folder) => `${destination}/`.startsWith(`${folder}/`))) {
      log.warn(`the guest does not see what is mounted at ${JSON.stringify(destination)}: its root file system is an image`);
    }
    return [];
  });
}
