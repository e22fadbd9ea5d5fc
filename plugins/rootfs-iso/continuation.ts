/** What of a file's fields does not fit into its directory record goes to the continuation area (SUSP 5.1). */
import { sectorSize } from './numbers.ts';
import { ce, ceSize } from './rock-ridge.ts';

/** Fields, and where they go on. */
export interface Fields {
  readonly fields: readonly Buffer[];
  readonly more?: Chunk;
}

export interface Chunk extends Fields {
  /** In bytes from the beginning of the area. */
  readonly at: number;
}

const total = (fields: readonly Buffer[]): number => fields.reduce((sum, { length }) => sum + length, 0);
export const sizeOf = ({ fields, more }: Fields): number => total(fields) + (more ? ceSize : 0);

/** The bytes, when it is known in which sector the area begins. */
export function bytesOf({ fields, more }: Fields, area: number): Buffer {
  if (!more) return Buffer.concat(fields);
  return Buffer.concat([...fields, ce(area + Math.floor(more.at / sectorSize), more.at % sectorSize, sizeOf(more))]);
}

export class ContinuationArea {
  readonly chunks: Chunk[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** As many fields as there is room for; the others in the area. */
  fit(fields: readonly Buffer[], room: number): Fields {
    if (total(fields) <= room) return { fields };
    const count = fitting(fields, room - ceSize);
    return { fields: fields.slice(0, count), more: this.#place(fields.slice(count)) };
  }

  /** Linux reads no chunk that crosses a sector's end (fs/isofs/rock.c, rock_continue). */
  #place(fields: readonly Buffer[]): Chunk {
    const left = sectorSize - (this.#size % sectorSize);
    const size = total(fields);
    if (size > left) this.#size += left % sectorSize;
    const at = this.#size;
    const isLast = size <= sectorSize;
    this.#size += isLast ? size : sectorSize;
    const count = isLast ? fields.length : fitting(fields, sectorSize - ceSize);
    const chunk = { at, fields: fields.slice(0, count), ...(isLast ? {} : { more: this.#place(fields.slice(count)) }) };
    this.chunks.push(chunk);
    return chunk;
  }
}

function fitting(fields: readonly Buffer[], room: number): number {
  let left = room;
  const count = fields.findIndex(({ length }) => {
    left -= length;
    return left < 0;
  });
  return count < 0 ? fields.length : count;
}
