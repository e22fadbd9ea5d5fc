/** Mounts, the root folder, and names. */
import type { Op } from '../../plugin.ts';
import { build } from './op.ts';

/** mount(2) flags, linux/mount.h. */
export const MS = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  bind: 0x1000,
  move: 0x2000,
  recursive: 0x4000,
  private: 0x40000,
} as const;

export const mount = (source: string, target: string, type: string, flags: number, data: string): Op =>
  build('mount', `mounting ${type || source} on ${target}`)([source, target, type, flags, data]);

export const umountDetached = (target: string): Op => build('umount2', `unmounting ${target}`)([target, 2]); // MNT_DETACH

export const pivotRoot = (newRoot: string, putOld: string): Op =>
  build('pivot_root', "leaving the host's files")([newRoot, putOld], { label: "leaving the host's files (pivot_root)" });

export const chdir = (path: string): Op => build('chdir', `entering ${path}`)([path]);

export const chroot = (path: string): Op => build('chroot', `making ${path} the root`)([path]);

export const sethostname = (name: string): Op =>
  build('sethostname', `setting the host name to ${name}`)([name, new TextEncoder().encode(name).length]);

export const setdomainname = (name: string): Op =>
  build('setdomainname', `setting the domain name to ${name}`)([name, new TextEncoder().encode(name).length]);
