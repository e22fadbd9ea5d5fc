/** Writes the content of a manifest note (mft_abi.h), right or wrong. */
export interface EntryBytes {
  readonly name?: string;
  readonly kind: number;
  readonly attached?: number;
}

export const kind = { block: 1, net: 2, reserved: 1 << 30 } as const;
export const reservedEntry: EntryBytes = { kind: kind.reserved };

const entrySize = 104;
// The manifest is aligned to 8 in the note, whose header has 20 bytes.
const padding = 4;

export function manifestBytes(entries: readonly EntryBytes[], { version = 1, count = entries.length } = {}): Buffer {
  const bytes = Buffer.alloc(padding + 8 + entries.length * entrySize);
  bytes.writeUInt32LE(version, padding);
  bytes.writeUInt32LE(count, padding + 4);
  entries.forEach((entry, index) => {
    const at = padding + 8 + index * entrySize;
    bytes.write(entry.name ?? '', at, 68, 'latin1');
    bytes.writeUInt32LE(entry.kind, at + 68);
    bytes.writeUInt8(entry.attached ?? 0, at + 96);
  });
  return bytes;
}
