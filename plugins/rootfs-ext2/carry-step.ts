/** What one name of an image is carried with: where it is on both sides, and what all names share. */
import type { BigIntStats } from 'node:fs';
import type { TreeTools } from '../../core/plugin.ts';
import { named } from './failure.ts';
import { S_IFDIR, S_IFMT } from './format.ts';
import type { HostFolder } from './host-folder.ts';
import type { Known } from './known.ts';
import type { Address, Links } from './links.ts';
import type { Outcome } from './outcome.ts';
import type { Found, Image } from './read.ts';
import type { Removed } from './removed.ts';
import type { Same } from './same.ts';

/** What all names of an image share. */
export interface Carrying {
  readonly image: Image;
  /** The first digits of the container's. */
  readonly id: string;
  readonly trees: TreeTools;
  readonly outcome: Outcome;
  readonly links: Links;
  readonly same: Same;
  readonly removed: Removed;
}

/** Where in the host's files we are. */
export interface Where extends Address {
  /** Path in the guest, as latin1. */
  readonly path: string;
  readonly volume: boolean;
}

/** One name: what it was, what the guest has, what the host has. */
export interface Step {
  readonly folder: HostFolder;
  readonly old: Known | undefined;
  readonly guest: Found;
  readonly host: BigIntStats | undefined;
  readonly where: Where;
}

/** The same folder, with another name at its end. */
export const renamed = (where: Where, name: Buffer): Where => ({ ...where, names: [...where.names.slice(0, -1), name] });

const setid = 0o6000;

/** A guest cannot leave programs in a volume that run as somebody else. */
export function modeOf({ inode }: Found, old: Known | undefined, { volume, path }: Where, outcome: Outcome): number {
  const { mode } = inode;
  if (!volume || (mode & setid) === 0 || (mode & S_IFMT) === S_IFDIR || ((old?.mode ?? 0) & setid) === (mode & setid))
    return mode;
  outcome.tell(`${named(path)} is carried back without its setuid and setgid bits`);
  return mode & ~setid;
}
