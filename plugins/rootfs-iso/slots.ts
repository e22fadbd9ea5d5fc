/**
 * Files that differ from container to container are slots in an image that is otherwise the same. To fill them in, the record of each is written
 * over in place, as its length does not depend on what it says, and the content is put at the image's end.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Entry, Graft } from '../../core/plugin.ts';
import { both32, date7, pageSize, sectorSize, sectorsOf } from './numbers.ts';
import { recordFields, volumeSizeAt } from './records.ts';

const longestRecord = 255;

/** Where `fillSlots` writes, beside the image's end; in bytes. */
export const placesOfSlots = (slots: Readonly<Record<string, number>>): readonly number[] => [
  volumeSizeAt,
  ...Object.values(slots).flatMap((at) => [at, at + longestRecord]),
];

/** `slots` says where the record of each path is, in bytes. Returns the size of the image, in bytes. */
export function fillSlots(path: string, slots: Readonly<Record<string, number>>, files: readonly Graft[]): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    let sectors = sectorsOf(fstatSync(fd).size);
    // Two of them at one place, or one where the image's symlinks put another's folder, have no slot.
    const placed = files.flatMap((file) => {
      const at = slots[file.inside];
      if (at === undefined) return [];
      const { content = Buffer.alloc(0) } = file.entry.data;
      const first = sectors;
      sectors += sectorsOf(content.length);
      return [{ at, first, content, entry: file.entry }];
    });
    const size = Math.ceil((sectors * sectorSize) / pageSize) * pageSize;
    // Made longer before anything is written: afterwards XFS would wait for the disk, and keep room for more.
    ftruncateSync(fd, size);
    for (const { at, first, content, entry } of placed) {
      writeAll(fd, filled(readRecord(fd, at), entry, content.length === 0 ? 0 : first), at);
      writeAll(fd, content, first * sectorSize);
    }
    writeAll(fd, both32(size / sectorSize), volumeSizeAt);
    return size;
  } finally {
    closeSync(fd);
  }
}

/** The record of one file, which says of it all that is not its name. */
function filled(record: Buffer, { mode, uid, gid, modified, data }: Entry, sector: number): Buffer {
  const { attributes, times } = recordFields(record);
  both32(sector).copy(record, 2);
  both32(data.size).copy(record, 10);
  date7(modified).copy(record, 18);
  both32(mode).copy(record, attributes + 4);
  both32(uid).copy(record, attributes + 20);
  both32(gid).copy(record, attributes + 28);
  date7(modified).copy(record, times + 5);
  return record;
}

function readRecord(fd: number, at: number): Buffer {
  const bytes = Buffer.alloc(longestRecord);
  readSync(fd, bytes, 0, longestRecord, at);
  return bytes.subarray(0, bytes[0]);
}

function writeAll(fd: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
