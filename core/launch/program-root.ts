/** The root of a tender that is a program of its own: nothing but what it needs of the host's files, bound read-only. */
import type { Op } from '../plugin.ts';
import * as tape from './calls.ts';

export interface RootEntry {
  /** Path on the host. */
  readonly source: string;
  /** Absolute path in the container's root. */
  readonly target: string;
  readonly kind: 'file' | 'folder' | 'device';
  readonly readOnly: boolean;
}

const AT_FDCWD = -100; // linux/fcntl.h
const S_IFREG = 0o100000; // linux/stat.h
const { bind, noDev, noExec, noSuid, readOnly, remount } = tape.MS;

/** Mounts it on `directory`, which stays mounted over until the root is changed to it. */
export function mountProgramRoot(directory: string, entries: readonly RootEntry[]): readonly Op[] {
  const protection = noSuid | noDev | noExec;
  return [
    tape.mount('none', '/', '', tape.MS.recursive | tape.MS.private, ''),
    tape.mount('runnc', directory, 'tmpfs', protection, 'size=64k,nr_inodes=256,mode=0755'),
    ...folders(entries).map((folder) => makeFolder(directory + folder)),
    ...entries.flatMap((entry) => bound(directory, entry)),
    tape.mount('', directory, '', remount | bind | readOnly | protection, ''),
    tape.chdir(directory),
  ];
}

/** Those that have to be made, upper ones first. */
function folders(entries: readonly RootEntry[]): readonly string[] {
  const found = new Set<string>();
  for (const { target, kind } of entries) {
    const parts = target.split('/').slice(1, kind === 'folder' ? undefined : -1);
    const upper = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
    for (const folder of upper) found.add(folder);
  }
  return [...found].sort();
}

function bound(directory: string, { source, target, kind, readOnly: fixed }: RootEntry): readonly Op[] {
  const place = directory + target;
  // Programs and libraries are to be run, and a device is to be opened.
  const flags = noSuid | (kind === 'device' ? noExec : noDev) | (fixed ? readOnly : 0);
  return [
    ...(kind === 'folder' ? [] : [makeFile(place)]),
    tape.mount(source, place, '', bind, ''),
    tape.mount('', place, '', remount | bind | flags, ''),
  ];
}

const makeFolder = (path: string): Op => tape.call('mkdirat', [AT_FDCWD, path, 0o755], { label: `making the folder ${path}` });
const makeFile = (path: string): Op =>
  tape.call('mknodat', [AT_FDCWD, path, S_IFREG | 0o444, 0], { label: `making the file ${path}` });
