/** What a tender that is a program of its own sees of the host: its files, the unikernel, and the block devices' images. */
import { fstatSync, lstatSync, type Stats, statSync } from 'node:fs';
import { RunncError } from '../../errors.ts';
import type { RootEntry } from '../../launch/program-root.ts';
import { quoted } from '../../launch/quoted.ts';
import type { DeviceRule } from '../../linux/cgroup/index.ts';
import { insideRootfs } from '../../linux/inside-rootfs.ts';
import type { BlockDevice, Program, Tender } from '../../plugin.ts';
import type { Identified } from '../identify.ts';

export interface ProgramRoot {
  readonly entries: readonly RootEntry[];
  /** For the cgroup: the devices among them. */
  readonly devices: readonly DeviceRule[];
}

/** @throws RunncError ERR_NO_TENDER when one of the tender's files is missing, ERR_IMAGE for a module or program that is not in the image */
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
    { source: programAt(rootfs, program), target: '/unikernel', readOnly: true },
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

/**
 * Where in the rootfs the open program is. It is mounted by its path, which the host's kernel follows as the host's, so that no
 * symlink may be left in it: the path of a program may be the one by which it was asked for (../../launch/find-program.ts).
 * @throws RunncError ERR_IMAGE when another file is there
 */
function programAt(rootfs: string, { path: asked, fd }: Pick<Program, 'path' | 'fd'>): string {
  const { path: place, exists } = insideRootfs(rootfs, asked);
  const [own, there] = [fstatSync(fd), exists ? lstatSync(place) : undefined];
  if (there?.ino === own.ino && there.dev === own.dev) return place;
  throw new RunncError('ERR_IMAGE', `${quoted(asked)} leads to another file than the program that was found by it`, {
    hint: 'its path in the image must have fewer than 4096 bytes, symbolic links followed',
  });
}

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
