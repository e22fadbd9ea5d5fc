/** Fills in a manifest as the guest finds it in its memory. Source: Solo5 tenders/spt/spt_module_{block,net}.c. */
import { RunncError } from '../errors.ts';
import type { DeclaredDevice, Manifest } from '../plugin.ts';
import { ENTRY_SIZE, entry, entryOffset } from './manifest.ts';
import { hex, quoted } from './quoted.ts';

export type AttachedDevice = AttachedBlock | AttachedNet;

export interface AttachedBlock {
  readonly kind: 'block';
  readonly name: string;
  /** Descriptor in the guest's process. */
  readonly fd: number;
  /** In bytes, a multiple of `blockSize`. */
  readonly capacity: number;
  /** In bytes: a power of two, 512 to 32768. */
  readonly blockSize: number;
}

export interface AttachedNet {
  readonly kind: 'net';
  readonly name: string;
  readonly fd: number;
  /** Six bytes as `02:42:ac:11:00:02`. */
  readonly mac: string;
  readonly mtu: number;
}

/** A copy of the manifest with every declared device attached; throws if one is missing, extra or of another kind. */
export function fillManifest(manifest: Manifest, attached: readonly AttachedDevice[]): Uint8Array {
  const bytes = Uint8Array.from(manifest.bytes);
  const view = new DataView(bytes.buffer);
  const left = new Map<string, AttachedDevice>();
  for (const device of attached) {
    if (left.has(device.name)) throw bad(`device ${quoted(device.name)} is attached twice`);
    left.set(device.name, device);
  }
  for (const declared of manifest.devices) {
    const device = left.get(declared.name);
    if (!device)
      throw bad(`the unikernel declares the ${declared.kind} device ${quoted(declared.name)}, but there is none for it`);
    if (device.kind !== declared.kind)
      throw bad(`device ${quoted(declared.name)} is declared as ${declared.kind} and attached as ${device.kind}`);
    left.delete(declared.name);
    fillEntry(view, declared, device);
  }
  const [extra] = left.keys();
  if (extra !== undefined) throw bad(`the unikernel does not declare the device ${quoted(extra)}`);
  return bytes;
}

function fillEntry(view: DataView, { handle }: DeclaredDevice, device: AttachedDevice): void {
  const at = entryOffset(handle);
  // The unions of a declared entry are not initialised; the guest must find nothing there but what is written below.
  for (let offset: number = entry.capacity; offset < ENTRY_SIZE; offset++) view.setUint8(at + offset, 0);
  if (!Number.isInteger(device.fd) || device.fd < 0 || device.fd > 0x7fffffff)
    throw bad(`device ${quoted(device.name)} has the descriptor ${device.fd}`);
  if (device.kind === 'block') fillBlock(view, at, device);
  else fillNet(view, at, device);
  view.setInt32(at + entry.hostfd, device.fd, true);
  view.setUint8(at + entry.attached, 1);
}

function fillBlock(view: DataView, at: number, { name, capacity, blockSize }: AttachedBlock): void {
  const powerOfTwo = Number.isInteger(blockSize) && (blockSize & (blockSize - 1)) === 0;
  if (!powerOfTwo || blockSize < 512 || blockSize > 0x8000) {
    throw bad(`block device ${quoted(name)} has blocks of ${blockSize} bytes`, 'a power of two from 512 to 32768 is possible');
  }
  if (!Number.isSafeInteger(capacity) || capacity < blockSize || capacity % blockSize !== 0) {
    throw bad(`block device ${quoted(name)} has ${capacity} bytes, not a whole number of blocks of ${blockSize} bytes`);
  }
  view.setBigUint64(at + entry.capacity, BigInt(capacity), true);
  view.setUint16(at + entry.blockSize, blockSize, true);
}

function fillNet(view: DataView, at: number, { name, mac, mtu }: AttachedNet): void {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac))
    throw bad(`network device ${quoted(name)} has the address ${quoted(mac)}, not six bytes`);
  if (!Number.isInteger(mtu) || mtu < 1 || mtu > 0xffff)
    throw bad(`network device ${quoted(name)} has an MTU of ${mtu}, past ${hex(0xffff)}`);
  for (const [index, byte] of mac.split(':').entries()) view.setUint8(at + entry.mac + index, Number.parseInt(byte, 16));
  view.setUint16(at + entry.mtu, mtu, true);
}

function bad(what: string, hint?: string): RunncError {
  return new RunncError('ERR_DEVICE', what, hint === undefined ? {} : { hint });
}
