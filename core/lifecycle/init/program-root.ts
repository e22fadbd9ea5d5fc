/** What a tender that is a program of its own sees of the host: its files, the unikernel, and the block devices' images. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../../errors.ts';
import type { RootEntry } from '../../launch/program-root.ts';
import { quoted } from '../../launch/quoted.ts';
import type { DeviceRule } from '../../linux/cgroup/index.ts';
import { insideRootfs } from '../../linux/inside-rootfs.ts';
import type { BlockDevice, Tender } from '../../plugin.ts';
import type { Identified } from '../identify.ts';

export interface ProgramRoot {
  readonly entries: readonly RootEntry[];
  /** For the cgroup: the devices among them. */
  readonly devices: readonly DeviceRule[];
}

/** @throws RunncError ERR_NO_TENDER when one of the tender's files is missing, ERR_IMAGE for a module that is not in the image */
export function programRoot(
  { name, hostFiles }: Tender,
  { program, unikernel }: Pick<Identified, 'program' | 'unikernel'>,
  rootfs: string,
  blocks: readonly BlockDevice[],
): ProgramRoot {
  if (!hostFiles) return { entries: [], devices: [] };
  const modules = (unikernel.modules ?? []).map((file, index) => ({
    source: moduleAt(rootfs, file),
    target: `/module/${index}`,
    readOnly: true,
  }));
  const wanted = [
    ...hostFiles.map((file) => ({ source: file, target: file, readOnly: true })),
    { source: path.join(rootfs, program.path), target: '/unikernel', readOnly: true },
    ...modules,
    ...blocks.map((block) => ({ source: block.path, target: `/block/${block.name}`, readOnly: block.readOnly })),
  ].map((entry) => ({ entry, stat: statOf(entry.source, name) }));
  return {
    entries: wanted.map(({ entry, stat }): RootEntry => {
      const kind = stat.isDirectory() ? 'folder' : deviceType(stat) ? 'device' : 'file';
      return { ...entry, kind };
    }),
    devices: wanted.flatMap(({ stat }) => {
      const type = deviceType(stat);
      return type ? [ruleFor(type, stat.rdev)] : [];
    }),
  };
}

const deviceType = (stat: Stats) => (stat.isCharacterDevice() ? 'c' : stat.isBlockDevice() ? 'b' : undefined);

/** @throws RunncError ERR_IMAGE unless it is a regular file */
function moduleAt(rootfs: string, file: string): string {
  const { path: place, exists } = insideRootfs(rootfs, file);
  if (exists && lstatSync(place).isFile()) return place;
  throw new RunncError('ERR_IMAGE', `${quoted(file)} is ${exists ? 'no regular file' : 'not in the image'}`, {
    hint: 'it is to be loaded beside the program',
  });
}

function statOf(file: string, tender: string) {
  try {
    return statSync(file);
  } catch (cause) {
    throw new RunncError('ERR_NO_TENDER', `the tender ${tender} needs ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** Numbers of a device as makedev(3) puts them into one. */
function ruleFor(type: 'b' | 'c', rdev: number): DeviceRule {
  const number = BigInt(rdev);
  const major = Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n));
  const minor = Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n));
  return { allow: true, type, major, minor, access: 'rw' };
}
