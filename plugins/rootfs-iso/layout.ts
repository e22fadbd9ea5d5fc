/** From a tree to an image: where everything lies, and all bytes but the files' own. */
import type { Data, Entry } from '../../core/plugin.ts';
import { bytesOf, sizeOf } from './continuation.ts';
import { failure } from './failure.ts';
import { type Folder, type Planned, planFolders } from './folders.ts';
import { sectorSize, sectorsOf } from './numbers.ts';
import { descriptors, directoryRecord, flag, packed, pathEntrySize, pathTable, recordSize } from './records.ts';

export interface Layout {
  /** From the first sector to the files. */
  readonly head: Buffer;
  /** The sector in which a file begins; files without content have none. In the order of the sectors. */
  readonly extents: ReadonlyMap<Data, number>;
  /** Of the whole image. */
  readonly sectors: number;
  /** Where the record of each slot is, in bytes, by the slot's name. */
  readonly slots: Readonly<Record<string, number>>;
}

const systemArea = 16;
const descriptorsSize = 2;
/** libarchive looks at 24 sectors before it takes something for an image. */
const leastSectors = 32;
const mostSectors = 0xffffffff;

/** `largest` is what one record can say of a file's size; smaller in tests. @throws Error ERR_IMAGE */
export function layOut(root: Entry, largest?: number): Layout {
  const { folders, area } = planFolders(root, largest);
  const pathTableSize = folders.reduce((sum, { identifier }) => sum + pathEntrySize(identifier), 0);
  const littleTable = systemArea + descriptorsSize;
  const bigTable = littleTable + sectorsOf(pathTableSize);

  let sector = bigTable + sectorsOf(pathTableSize);
  const places = new Map<Folder, number>();
  for (const folder of folders) {
    places.set(folder, sector);
    sector += sectorsOf(folder.size);
  }
  const areaAt = sector;
  sector += sectorsOf(area.size);
  const headSectors = sector;
  const extents = new Map<Data, number>();
  for (const { data } of filesOf(root)) {
    if (data.size === 0 || extents.has(data)) continue;
    extents.set(data, sector);
    sector += sectorsOf(data.size);
  }
  if (sector > mostSectors) throw failure('the image holds more than ISO 9660 has numbers for (8 TiB)');

  const sectors = Math.max(sector, leastSectors);
  const head = Buffer.alloc(headSectors * sectorSize);
  const put = (bytes: Buffer, at: number) => bytes.copy(head, at * sectorSize);
  const placeOf = (folder: Folder) => places.get(folder) ?? 0;
  const where = (folder: Folder) => ({ sector: placeOf(folder), size: folder.size, flags: flag.folder });
  const recordOf = (planned: Planned, place: { sector: number; size: number; flags: number }) =>
    directoryRecord({
      ...place,
      identifier: planned.identifier,
      modified: planned.entry.modified,
      systemUse: bytesOf(planned.fields, areaAt),
    });

  const slots: Record<string, number> = {};
  for (const folder of folders) {
    const records = folder.records.map((planned, index) => {
      if (index === 0) return recordOf(planned, where(folder));
      if (index === 1) return recordOf(planned, where(folder.parent));
      if (planned.folder) return recordOf(planned, where(planned.folder));
      const { data } = planned.entry;
      const start = extents.get(data) ?? 0;
      const { part } = planned;
      if (!part) return recordOf(planned, { sector: start, size: data.size, flags: 0 });
      const flags = part.isLast ? 0 : flag.goesOn;
      return recordOf(planned, { sector: start + part.at / sectorSize, size: part.size, flags });
    });
    const at = placeOf(folder) * sectorSize;
    packed(
      folder.records.map(({ identifier, fields }) => recordSize(identifier, sizeOf(fields))),
      (offset, index) => {
        const { slot } = folder.records[index]?.entry ?? {};
        if (slot !== undefined) slots[slot] = at + offset;
        records[index]?.copy(head, at + offset);
      },
    );
  }
  for (const chunk of area.chunks) bytesOf(chunk, areaAt).copy(head, areaAt * sectorSize + chunk.at);
  const tables = folders.map((folder) => ({
    identifier: folder.identifier,
    sector: placeOf(folder),
    parent: folder.parent.number,
  }));
  put(pathTable(tables, 'LE'), littleTable);
  put(pathTable(tables, 'BE'), bigTable);
  const top = folders[0] as Folder;
  const plain = directoryRecord({
    ...where(top),
    identifier: top.identifier,
    modified: root.modified,
    systemUse: Buffer.alloc(0),
  });
  put(descriptors({ sectors, pathTableSize, littleTable, bigTable, root: plain }), systemArea);
  return { head, extents, sectors, slots };
}

/** Everything that is no folder, in the order in which a tree is walked. */
function* filesOf(entry: Entry): Generator<Entry> {
  for (const child of entry.entries ?? []) {
    if (child.entries) yield* filesOf(child);
    else yield child;
  }
}
