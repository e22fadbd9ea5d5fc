/** What somebody asked for: runnc.config, an annotation, or the environment (for engines that pass no annotations). */
import type { Container, Metadata } from '../../core/plugin.ts';
import { failure } from './failure.ts';

export interface Ext2Options {
  /** Name in the manifest of the device that is the root. */
  readonly device?: string;
  /** Whether the unikernel program itself is in the image. */
  readonly withProgram?: boolean;
  readonly maxFiles?: number;
  /** In bytes: of all files, and of the image. */
  readonly maxSize?: number;
  readonly blockSize?: number;
  /** In bytes, or as `64MiB`. */
  readonly freeSpace?: number | string;
}

const usualFreeSpace = 64 * 2 ** 20;

/** Room for what the guest writes, in bytes. @throws Error ERR_IMAGE for what is no size */
export function freeSpaceOf({ annotations, env }: Container, { freeSpace = usualFreeSpace }: Ext2Options): number {
  const key = 'org.runnc.rootfs.free-space';
  const variable = 'RUNNC_ROOTFS_FREE_SPACE';
  const said = annotations[key] ?? inEnvironment(env, variable);
  if (said !== undefined) return parse(said, annotations[key] === undefined ? variable : `the annotation ${key}`);
  return parse(freeSpace, 'freeSpace of rootfs-ext2 in runnc.config');
}

function parse(size: string | number, what: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,15}) ?([kmgt]?)(?:i?b)?$/i.exec(String(size).trim()) ?? [];
  const bytes = Number(digits) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  if (digits !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw failure(`${what} is ${JSON.stringify(size)}, which is not a size`, 'write one such as "64MiB"');
}

/** Which file system the root is to have, as far as the container says: `ext2`, `iso`. */
export function askedFor({
  env,
  metadata,
}: {
  readonly env: readonly string[];
  readonly metadata: Metadata;
}): string | undefined {
  const asked = inEnvironment(env, 'RUNNC_ROOTFS') ?? metadata.settings?.['rootfs'];
  // As `rootfs` in runnc.config: with and without the hook's name in front.
  const name = asked?.replace(/^rootfs-/, '');
  if (name === undefined || name === 'ext2' || name === 'iso') return name;
  throw failure(`RUNNC_ROOTFS is ${JSON.stringify(asked)}`, 'it is ext2 or iso');
}

const inEnvironment = (env: readonly string[], name: string): string | undefined =>
  env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
