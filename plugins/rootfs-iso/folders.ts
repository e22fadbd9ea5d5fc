/** Every folder of a tree with the records that it will have, in the order of path tables: by depth. */

import type { Data, Entry } from '../../core/plugin.ts';
import { ContinuationArea, type Fields, sizeOf } from './continuation.ts';
import { packed, recordSize, roomIn } from './records.ts';
import { attributes, device, er, linkFields, nameFields, sp } from './rock-ridge.ts';

export interface Folder {
  readonly entry: Entry;
  readonly identifier: Buffer;
  /** From 1. */
  readonly number: number;
  /** Of the root folder: itself. */
  readonly parent: Folder;
  readonly records: readonly Planned[];
  /** In bytes, whole sectors. */
  readonly size: number;
}

export interface Planned {
  readonly identifier: Buffer;
  readonly entry: Entry;
  readonly fields: Fields;
  /** Where the entry is a folder. */
  folder?: Folder;
  /** The part of a file too large for one record. */
  readonly part?: { readonly at: number; readonly size: number; readonly isLast: boolean };
}

/** What one record can say of a file's size, in whole sectors. */
export const largestPart = 0xfffff800;
const current = Buffer.from([0]);
const above = Buffer.from([1]);

export function planFolders(
  root: Entry,
  largest = largestPart,
): { readonly folders: readonly Folder[]; readonly area: ContinuationArea } {
  const area = new ContinuationArea();
  const { linksOf, serialOf } = counters(root);
  const describe = (entry: Entry) => attributes(entry, linksOf(entry), serialOf(entry));
  const folders: Folder[] = [];
  const waiting: { entry: Entry; identifier: Buffer; parent?: Folder; told: (folder: Folder) => void }[] = [
    { entry: root, identifier: current, told: () => undefined },
  ];
  // Not shift(): that takes longer with every folder.
  for (let index = 0; index < waiting.length; index++) {
    const { entry, identifier, parent, told } = waiting[index] as (typeof waiting)[number];
    const up = parent?.entry ?? entry;
    const own = parent ? describe(entry) : [sp(), ...describe(entry), er()];
    const records: Planned[] = [
      { identifier: current, entry, fields: area.fit(own, roomIn(current)) },
      { identifier: above, entry: up, fields: area.fit(describe(up), roomIn(above)) },
    ];
    for (const [order, child] of (entry.entries ?? []).entries()) {
      const name = identifierOf(order, child.entries !== undefined);
      const fields = area.fit(
        [
          ...describe(child),
          ...(child.device ? [device(child.device)] : []),
          ...nameFields(child.name),
          ...(child.target ? linkFields(child.target) : []),
        ],
        roomIn(name),
      );
      for (const part of partsOf(child.data.size, largest)) records.push({ identifier: name, entry: child, fields, ...part });
    }
    const size = packed(records.map((record) => recordSize(record.identifier, sizeOf(record.fields))));
    const folder: Folder = {
      entry,
      identifier,
      number: folders.length + 1,
      parent: parent ?? (undefined as never),
      records,
      size,
    };
    if (!parent) Object.assign(folder, { parent: folder });
    folders.push(folder);
    told(folder);
    for (const record of records.slice(2)) {
      if (!record.entry.entries) continue;
      waiting.push({
        entry: record.entry,
        identifier: record.identifier,
        parent: folder,
        told: (made) => {
          record.folder = made;
        },
      });
    }
  }
  return { folders, area };
}

/** Names that ISO 9660 allows and that sort as their entries do; what a file is really called is in its fields. */
function identifierOf(order: number, isFolder: boolean): Buffer {
  const name = order.toString(36).toUpperCase().padStart(8, '0');
  return Buffer.from(isFolder ? name : `${name}.;1`, 'latin1');
}

function partsOf(size: number, largest: number): readonly Pick<Planned, 'part'>[] {
  if (size <= largest) return [{}];
  const count = Math.ceil(size / largest);
  return Array.from({ length: count }, (_, index) => {
    const at = index * largest;
    return { part: { at, size: Math.min(largest, size - at), isLast: index === count - 1 } };
  });
}

/** Link counts as the image has them, which is what readers compare, and a number for each inode. */
function counters(root: Entry) {
  const serials = new Map<Data, number>();
  const links = new Map<Data, number>();
  const visit = (entry: Entry): void => {
    if (!serials.has(entry.data)) serials.set(entry.data, serials.size + 1);
    const { entries } = entry;
    if (!entries) links.set(entry.data, (links.get(entry.data) ?? 0) + 1);
    else links.set(entry.data, 2 + entries.filter((child) => child.entries).length);
    for (const child of entries ?? []) visit(child);
  };
  visit(root);
  return {
    linksOf: ({ data }: Entry) => links.get(data) ?? 1,
    serialOf: ({ data }: Entry) => serials.get(data) ?? 0,
  };
}
