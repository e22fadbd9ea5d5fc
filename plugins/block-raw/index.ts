/**
 * block-raw: puts a file or block device behind a guest's block device, as it is. Which one, by the device's name in the manifest:
 * runnc.config, else the annotation `org.runnc.block.NAME`, else `RUNNC_BLOCK_NAME` in the environment (for engines that pass
 * no annotations), else, for the only block device or the one that is meant, what the image's metadata says. Files of the image may always be named; files of the host only where runnc.config allows it.
 */
import { realpathSync } from 'node:fs';
import type { BlockDevice, Container, Host, Plugin } from '../../core/plugin.ts';
import { blockSizeOf, sectorSize } from './block-size.ts';
import { failure, parseRequest, type RawRequest } from './request.ts';
import { trustedPath, UntrustedPath } from './trusted-path.ts';

export interface RawOptions {
  /** By the device's name: `[host:]PATH[,ro|,rw]`. */
  readonly devices?: Readonly<Record<string, string>>;
  /** Files, block devices and folders of the host that annotations and the environment may name. */
  readonly allow?: readonly string[];
}

export default {
  name: 'block-raw',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      devices: { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      allow: { type: 'array', items: { type: 'string', pattern: '^/' } },
    },
  },
  apply(host, options) {
    host.hooks.rootfs.tap('block-raw', (container, unikernel, { name }) => {
      const { block, blockDevice } = container.metadata.settings ?? {};
      const isMeant = name === blockDevice || unikernel.devices.filter(({ kind }) => kind === 'block').length === 1;
      const request = requestFor(name, container, options, isMeant ? block : undefined);
      return request && attach(host, container, name, request);
    });
  },
} satisfies Plugin<RawOptions>;

function requestFor(
  name: string,
  container: Container,
  { devices = {}, allow = [] }: RawOptions,
  image?: string,
): RawRequest | undefined {
  const key = `org.runnc.block.${name}`;
  const variable = `RUNNC_BLOCK_${name}=`;
  const asked: readonly (readonly [what: string, text: string | undefined])[] = [
    [`the annotation ${key}`, container.annotations[key]],
    [variable.slice(0, -1), container.env.findLast((entry) => entry.startsWith(variable))?.slice(variable.length)],
    ["the image's metadata", image === undefined || image.startsWith('/') ? image : `/${image}`],
  ];
  const [what, text] = asked.find(([, value]) => value !== undefined) ?? [];
  const chosen = Object.hasOwn(devices, name) ? devices[name] : undefined;
  if (chosen !== undefined) {
    if (text !== undefined && text !== chosen) throw failure(`${what} asks for ${text}, and runnc.config puts ${chosen} there`);
    const where = `devices.${name} of block-raw in runnc.config`;
    const request = parseRequest(chosen, where);
    return request.host ? { ...request, path: chosenPath(request.path, where) } : request;
  }
  if (what === undefined || text === undefined) return undefined;
  const request = parseRequest(text, what);
  return request.host ? { ...request, path: allowedPath(request.path, what, allow) } : request;
}

/** The path without symlinks, if that is an allowed file or in an allowed folder: a link in such a folder opens no other door. */
function allowedPath(path: string, what: string, allow: readonly string[]): string {
  const real = unlessMissing(() => realpathSync(path));
  const untrusted: string[] = [];
  for (const allowed of real === undefined ? [] : allow) {
    try {
      const place = unlessMissing(() => trustedPath(allowed));
      if (real !== undefined && place !== undefined && isWithin(real, place)) return real;
    } catch (error) {
      if (!(error instanceof UntrustedPath)) throw error;
      if (isWithin(path, allowed)) untrusted.push(`; ${allowed}, which it allows, ${error.message}`);
    }
  }
  throw failure(
    `${what} asks for the host's ${path}, which runnc.config does not allow${untrusted[0] ?? ''}`,
    'see allow of block-raw',
  );
}

const isWithin = (file: string, place: string): boolean =>
  file === place || file.startsWith(place.endsWith('/') ? place : `${place}/`);

/** What is not there is not allowed, or nothing to be had. */
function unlessMissing(look: () => string): string | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}

/** What the operator has chosen. @throws Error ERR_DEVICE where others than he can choose what is there */
function chosenPath(path: string, what: string): string {
  try {
    return unlessMissing(() => trustedPath(path)) ?? path;
  } catch (error) {
    if (!(error instanceof UntrustedPath)) throw error;
    throw failure(
      `${what} is host:${path}, which ${error.message}`,
      'write the path without it, or forbid others to write there',
    );
  }
}

function attach({ insideRootfs }: Host, container: Container, name: string, request: RawRequest): BlockDevice {
  const path = request.host ? request.path : insideRootfs(realpathSync(container.rootfs), request.path).path;
  let size: ReturnType<typeof blockSizeOf>;
  try {
    size = blockSizeOf(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw failure(`the block device ${name} is to be ${request.path}, which is not there`);
  }
  if (size.device && !request.host) {
    // mknod in an image must not open a disk of the host.
    throw failure(`the block device ${name} is to be ${request.path} of the image, which is a device node`, 'write host:/PATH');
  }
  if (size.bytes < sectorSize || size.bytes % sectorSize !== 0) {
    throw failure(`${request.path} has ${size.bytes} bytes, not a whole number of blocks of ${sectorSize} bytes`);
  }
  if (!request.host && !request.readOnly && container.rootfsReadOnly) {
    throw failure(
      `the block device ${name} is to write to ${request.path}, and the container is read-only`,
      'add ,ro after the path',
    );
  }
  const { readOnly } = request;
  const lock = readOnly ? 'shared' : 'exclusive';
  return { name, path, readOnly, capacity: size.bytes, blockSize: sectorSize, lock, noSymlinks: true };
}
