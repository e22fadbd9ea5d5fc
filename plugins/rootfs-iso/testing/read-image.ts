/** Reads an image back, with nothing of what wrote it: for tests. */

export interface ReadEntry {
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly serial: number;
  readonly seconds: number;
  readonly target: string | undefined;
  readonly device: readonly [number, number] | undefined;
  readonly extents: readonly (readonly [sector: number, size: number])[];
}

interface Record extends ReadEntry {
  readonly name: string;
  readonly goesOn: boolean;
  readonly isFolder: boolean;
}

const sector = 2048;

/** Everything by its path, names as latin1; the root is the empty path. */
export function readImage(image: Buffer): Map<string, ReadEntry> {
  const root = 16 * sector + 156;
  const found = new Map<string, ReadEntry>();
  const visit = (path: string, at: number, size: number) => {
    const [own, , ...records] = recordsIn(image, at, size);
    if (path === '' && own) found.set('', own);
    let parts: [number, number][] = [];
    for (const { goesOn, name, isFolder, ...entry } of records) {
      const extents = [...parts, ...(entry.extents as [number, number][])];
      parts = goesOn ? extents : [];
      if (goesOn) continue;
      const place = `${path}/${name}`;
      if (found.has(place)) throw new Error(`${place} is there twice`);
      found.set(place, { ...entry, extents });
      if (isFolder) visit(place, extents[0]?.[0] ?? 0, extents[0]?.[1] ?? 0);
    }
  };
  visit('', image.readUInt32LE(root + 2), image.readUInt32LE(root + 10));
  return found;
}

function recordsIn(image: Buffer, at: number, size: number): Record[] {
  const records: Record[] = [];
  let last = Buffer.alloc(0);
  for (let offset = 0; offset < size; ) {
    const bytes = image.subarray(at * sector + offset);
    const length = bytes[0] as number;
    if (length === 0) {
      offset += sector - (offset % sector);
      continue;
    }
    if ((offset % sector) + length > sector) throw new Error('a record crosses the end of a sector');
    const identifier = bytes.subarray(33, 33 + (bytes[32] as number));
    if (Buffer.compare(last, identifier) > 0) throw new Error('records are not sorted');
    last = Buffer.from(identifier);
    records.push(recordOf(image, bytes.subarray(0, length), identifier.length));
    offset += length;
  }
  return records;
}

function recordOf(image: Buffer, bytes: Buffer, identifierLength: number): Record {
  const fields = [...fieldsIn(image, bytes.subarray(33 + identifierLength + ((identifierLength + 1) % 2)))];
  const all = (letters: string) => fields.filter((field) => field.toString('latin1', 0, 2) === letters);
  const [px, tf, pn] = ['PX', 'TF', 'PN'].map((letters) => all(letters)[0]);
  const number = (index: number) => px?.readUInt32LE(4 + 8 * index) ?? -1;
  const date = tf?.subarray(5) ?? Buffer.alloc(7);
  const [year = 0, month = 0, day, hour, minute, second] = date;
  const names = all('NM');
  names.forEach((field, index) => {
    if (((field[4] as number) & 1) !== (index < names.length - 1 ? 1 : 0)) throw new Error('a name does not go on as it says');
  });
  return {
    name: names.map((field) => field.toString('latin1', 5)).join(''),
    mode: number(0),
    links: number(1),
    uid: number(2),
    gid: number(3),
    serial: number(4),
    seconds: Date.UTC(1900 + year, month - 1, day, hour, minute, second) / 1000,
    target: all('SL').length > 0 ? targetOf(all('SL')) : undefined,
    device: pn && [pn.readUInt32LE(4), pn.readUInt32LE(12)],
    extents: [[bytes.readUInt32LE(2), bytes.readUInt32LE(10)]],
    goesOn: ((bytes[25] as number) & 0x80) !== 0,
    isFolder: ((bytes[25] as number) & 2) !== 0,
  };
}

function* fieldsIn(image: Buffer, area: Buffer): Generator<Buffer> {
  let next: Buffer | undefined;
  for (let at = 0; at + 4 <= area.length; at += area[at + 2] as number) {
    const field = area.subarray(at, at + (area[at + 2] as number));
    if (field.toString('latin1', 0, 2) !== 'CE') yield field;
    else {
      const [where, offset, size] = [4, 12, 20].map((place) => field.readUInt32LE(place)) as [number, number, number];
      if (offset + size > sector) throw new Error('a continuation crosses the end of a sector');
      next = image.subarray(where * sector + offset, where * sector + offset + size);
    }
  }
  if (next) yield* fieldsIn(image, next);
}

/** As Linux does (fs/isofs/rock.c), less its limits. */
export function targetOf(fields: readonly Buffer[]): string {
  let target = '';
  let slash = '';
  for (const field of fields) {
    for (let at = 5; at < field.length; at += 2 + (field[at + 1] as number)) {
      const flags = field[at] as number;
      const text = field.toString('latin1', at + 2, at + 2 + (field[at + 1] as number));
      target += slash + ({ 2: '.', 4: '..', 8: '/' }[flags & ~1] ?? text);
      slash = flags === 8 || (flags & 1) === 1 ? '' : '/';
    }
  }
  return target;
}
