/**
 * One image in the cache: `KEY.img`, and beside it `KEY.json`, whose modification time is when it was last used, and `KEY.beside` where the plugin has
 * one. They are written first and the image renamed into place after them, so that these without the image are what a process left that was killed.
 */
import { lstatSync, readFileSync, renameSync, rmSync, type Stats, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../plugin.ts';

const format = 3;

export interface EntryRecord {
  readonly format: typeof format;
  readonly kind: string;
  /** Inode, size in bytes and modification time of the image. */
  readonly file: string;
  /** The same of the file beside it, if there is one. */
  readonly beside?: string;
  /** The boot of the machine in which it was written: only a crash can leave a file of the right size with the wrong bytes. */
  readonly boot: string;
  readonly checksum: string;
  /** Where it is from. */
  readonly layers: readonly string[];
  /** Of all their files. */
  readonly seal: string;
  /** Of their folders, where that is enough in most cases. */
  readonly folders?: string;
  readonly notes: Json;
}

export const imageOf = (folder: string, key: string): string => join(folder, `${key}.img`);
export const recordOf = (folder: string, key: string): string => join(folder, `${key}.json`);
/** The plugin's second file. */
export const besideOf = (folder: string, key: string): string => join(folder, `${key}.beside`);
/** What is being built, under a lock of its builder's. */
export const draftOf = (folder: string, key: string): string => join(folder, `${key}.new`);

/** Of the image, so that one that was changed since is found out. */
export const identityOf = ({ ino, size, mtimeMs }: Stats): string => [ino, size, mtimeMs].join(' ');

/** A file of ours that nobody else can write to: what is in it is believed. */
const isOurs = (stat: Stats): boolean => stat.isFile() && stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0;

/** Undefined where there is none, or one that is damaged. */
export function readEntry(folder: string, key: string): EntryRecord | undefined {
  try {
    const file = recordOf(folder, key);
    const [record, image] = [lstatSync(file), lstatSync(imageOf(folder, key))];
    if (!isOurs(record) || !isOurs(image)) return undefined;
    const entry = JSON.parse(readFileSync(file, 'utf8')) as EntryRecord | null;
    if (entry?.format !== format || entry.file !== identityOf(image)) return undefined;
    if (entry.beside === undefined) return entry;
    const beside = lstatSync(besideOf(folder, key));
    return isOurs(beside) && entry.beside === identityOf(beside) ? entry : undefined;
  } catch {
    return undefined;
  }
}

export function writeRecord(folder: string, key: string, record: Omit<EntryRecord, 'format'>): void {
  const temporary = `${recordOf(folder, key)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ format, ...record }), { mode: 0o600 });
  renameSync(temporary, recordOf(folder, key));
}

/** Says that it was used now. */
export function touch(folder: string, key: string): void {
  const now = new Date();
  try {
    utimesSync(recordOf(folder, key), now, now);
  } catch {
    // Removed meanwhile, or a full disk: the next use says it again.
  }
}

export function removeEntry(folder: string, key: string): void {
  rmSync(imageOf(folder, key), { force: true });
  rmSync(besideOf(folder, key), { force: true });
  rmSync(recordOf(folder, key), { force: true });
}
