/**
 * The manifest of a Solo5 program: the devices that it was built with. Sources: Solo5 include/mft_abi.h,
 * tenders/common/mft.c (mft_validate), elftool/elftool.c (names), docs/architecture.md.
 */
import { RunncError } from '../errors.ts';
import type { DeclaredDevice, Manifest } from '../plugin.ts';
import { hex, quoted } from './quoted.ts';

// struct mft { u32 version; u32 entries; struct mft_entry e[]; }, little-endian on every processor that we know
const HEADER_SIZE = 8;
const MOST_ENTRIES = 64; // MFT_MAX_ENTRIES
/** Bytes of one struct mft_entry. */
export const ENTRY_SIZE = 104;
/** Offsets in struct mft_entry. */
export const entry = { name: 0, type: 68, capacity: 72, blockSize: 80, mac: 72, mtu: 78, hostfd: 88, attached: 96 } as const;
/** Where the entry of a device begins in the manifest. */
export const entryOffset = (handle: number): number => HEADER_SIZE + handle * ENTRY_SIZE;

const NAME_SIZE = 68; // MFT_NAME_SIZE, with the NUL
const kinds: ReadonlyMap<number, DeclaredDevice['kind']> = new Map([
  [1, 'block'], // MFT_DEV_BLOCK_BASIC
  [2, 'net'], // MFT_DEV_NET_BASIC
]);
const RESERVED_FIRST = 2 ** 30; // MFT_RESERVED_FIRST

/** Checks the manifest as the note holds it (without the note's padding); `path` is for messages. */
export function parseManifest(bytes: Uint8Array, path: string): Manifest {
  const bad = (what: string, hint = 'build the program again with solo5-elftool') =>
    new RunncError('ERR_MANIFEST', `program ${quoted(path)} has a Solo5 manifest that is not valid: ${what}`, { hint });

  if (bytes.length < HEADER_SIZE) throw bad(`it has ${bytes.length} bytes, less than its header of ${HEADER_SIZE}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(0, true);
  if (version !== 1) throw bad(`its version is ${version}, only 1 is known`, 'is there a newer runnc?');
  const entries = view.getUint32(4, true);
  if (entries < 1 || entries > MOST_ENTRIES) throw bad(`it declares ${entries} entries, there can be 1 to ${MOST_ENTRIES}`);
  if (bytes.length !== entryOffset(entries)) {
    throw bad(`it has ${bytes.length} bytes where ${entries} entries need ${entryOffset(entries)}`);
  }

  const devices: DeclaredDevice[] = [];
  const names = new Set<string>();
  for (let handle = 0; handle < entries; handle++) {
    const at = entryOffset(handle);
    const type = view.getUint32(at + entry.type, true);
    const name = nameIn(bytes.subarray(at, at + NAME_SIZE));
    if (view.getUint8(at + entry.attached) !== 0) throw bad(`entry ${handle} says that it is attached already`);
    if (handle === 0) {
      if (type !== RESERVED_FIRST || name !== '') throw bad(`entry 0 must be reserved and nameless (its type is ${hex(type)})`);
      continue;
    }
    if (name === undefined) throw bad(`the name of entry ${handle} does not end within ${NAME_SIZE} bytes`);
    if (!/^[A-Za-z0-9]+$/.test(name))
      throw bad(`the name of entry ${handle}, ${quoted(name)}, is not made of letters and digits`);
    if (names.has(name)) throw bad(`two devices have the name ${quoted(name)}`);
    names.add(name);
    const kind = kinds.get(type);
    if (!kind) throw bad(`device ${quoted(name)} is of the unknown type ${hex(type)}`, 'is there a newer runnc?');
    devices.push({ name, kind, handle });
  }
  return { bytes, devices };
}

/** The text before the first NUL, or undefined if there is none. */
function nameIn(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  return end === -1 ? undefined : Buffer.from(bytes.subarray(0, end)).toString('latin1');
}
