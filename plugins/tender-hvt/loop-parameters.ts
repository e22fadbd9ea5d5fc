/** What the run loop is told: struct parameters of loop/loop.h, which follows on its code. */
import type { Device } from './devices.ts';

const header = 48;
const entry = 16;
/** DEVICE_BLOCK and DEVICE_NET of loop/loop.h. */
const kinds = { block: 1, net: 2 } as const;

export interface LoopParameters {
  /** Address of guest memory in the process. */
  readonly memoryBase: number;
  readonly memory: number;
  /** Address of struct kvm_run. */
  readonly run: number;
  readonly vcpu: number;
  readonly waitSet: number;
  readonly timer: number;
  /** Guest-physical address of the ring for network devices; 0 where there is none. */
  readonly ring: number;
  readonly devices: readonly Device[];
}

export function loopParameters(
  putWord: (view: DataView, at: number, value: number) => void,
  { memoryBase, memory, run, vcpu, waitSet, timer, ring, devices }: LoopParameters,
): Uint8Array {
  const count = Math.max(-1, ...devices.map(({ handle }) => handle)) + 1;
  const bytes = new Uint8Array(header + count * entry);
  const view = new DataView(bytes.buffer);
  putWord(view, 0, memoryBase);
  putWord(view, 8, memory);
  putWord(view, 16, run);
  view.setInt32(24, vcpu, true);
  view.setInt32(28, waitSet, true);
  view.setInt32(32, timer, true);
  view.setUint32(36, count, true);
  putWord(view, 40, ring);
  for (const { kind, handle, fd, capacity, readOnly, mac } of devices) {
    const at = header + handle * entry;
    view.setUint16(at, kinds[kind], true);
    view.setUint16(at + 2, readOnly ? 1 : 0, true);
    view.setInt32(at + 4, fd, true);
    if (kind === 'block') putWord(view, at + 8, capacity);
    else if (mac !== undefined) bytes.set(addressBytes(mac), at + 8);
  }
  return bytes;
}

const addressBytes = (mac: string): readonly number[] => mac.split(':').map((byte) => Number.parseInt(byte, 16));
