/** The tape of an hvt guest: a virtual machine with its memory, registers and devices; then the run loop. */
import type { Architecture, DescriptorNumbers, Host, Launch, Op, TapePlan } from '../../core/plugin.ts';
import { largePage, memoryBaseOf, placesOf, stackSize } from './addresses.ts';
import type { GuestAbi } from './guest-abi.ts';
import { KVM } from './kvm.ts';
import { loopParameters } from './loop-parameters.ts';
import { loopPolicy } from './policy.ts';
import type { KvmFacts, Processor } from './processor.ts';

const pageSize = 4096;
/** Cookie of the timer in the wait set: no handle (loop/calls.c, TIMER_COOKIE). */
const timerCookie = 0xfffffffen;
const SIGBUS = 7;
const SIGSEGV = 11;

export type HvtHost = Pick<Host, 'tape' | 'fillManifest' | 'mapProgram'>;

/** What the launch runs on. */
export interface Machine {
  readonly architecture: Architecture;
  readonly processor: Processor;
  readonly abi: GuestAbi;
  readonly facts: KvmFacts;
}

/** The launch as a tape. Guest memory is `launch.memory` rounded down to 2 MiB, and at most what the ABI allows. */
export function planLaunch(
  host: HvtHost,
  { architecture, processor, abi, facts }: Machine,
  launch: Launch,
  descriptors: DescriptorNumbers,
): TapePlan {
  const { addressOf, close, epollAdd, epollCreate, handleSignal, ioctl, MAP, mmap, PROT, putWord, timerfdCreate, words } =
    host.tape;
  const { code, faultHandlerOffset, readRegisters, writeTables } = processor;
  const { elf } = launch.program;
  const memory = Math.min(Math.floor(launch.memory / largePage) * largePage, abi.mostMemory);
  const program = descriptors.program as number;
  const kvm = descriptors.kvm as number;
  // The lowest free numbers, in the order in which the tape makes them.
  const vm = descriptors.free as number;
  const [vcpu, waitSet, timer] = [vm + 1, vm + 2, vm + 3];
  const places = placesOf(architecture.launcherBase);
  const memoryBase = memoryBaseOf(architecture.launcherBase);

  const { ops: mapping, end } = host.mapProgram(elf.segments, { fd: program, base: memoryBase, executable: false });
  if (end + pageSize > memory) throw tooLittle(end, memory);
  const devices = abi.devices(host, launch, descriptors);
  const ring = abi.ring(devices, memory, end);
  const stack = (ring === 0 ? memory : ring) - architecture.stackGap;
  const { commandLine } = launch;
  const { cyclesPerSecond } = facts;
  const { manifest } = devices;
  const low = abi.lowMemory(putWord, { memory, ring, programEnd: end, cyclesPerSecond, writeTables, manifest, commandLine });
  const loop = { memoryBase, memory, run: places.run, vcpu, waitSet, timer, ring, devices: devices.list };
  const parameters = loopParameters(putWord, loop);

  const restorer = architecture.restorerOffset === undefined ? undefined : addressOf('restorer');
  const anonymous = MAP.private | MAP.anonymous | MAP.fixed | MAP.noReserve;
  const readWrite = PROT.read | PROT.write;
  const packed = architecture.packedEvents === true;
  const ops: Op[] = [
    ...guestMemory(host, {
      ...{ base: memoryBase, size: memory, lowStart: abi.lowStart, lowLength: low.length },
      hugePages: launch.hugePages,
    }),
    ...mapping,
    ioctl(kvm, KVM.createVm, facts.machineType, 'making the virtual machine (KVM_CREATE_VM)'),
    ioctl(vm, KVM.setUserMemoryRegion, words(0, 0, memory, memoryBase), "giving the virtual machine the guest's memory"),
    ioctl(vm, KVM.createVcpu, 0, 'making the virtual processor (KVM_CREATE_VCPU)'),
    mmap(
      { address: places.run, size: facts.runSize, protection: readWrite, flags: MAP.shared | MAP.fixed, fd: vcpu },
      { label: 'mapping the virtual processor' },
    ),
    ...processor.prepare(host.tape, { vcpu, facts, entry: elf.entry, stack }),
    epollCreate(),
    timerfdCreate(),
    epollAdd(waitSet, timer, timerCookie, packed),
    ...devices.ops,
    ...devices.list.filter(({ kind }) => kind === 'net').map(({ fd, handle }) => epollAdd(waitSet, fd, BigInt(handle), packed)),
    // The virtual processor keeps its machine, and that needs nothing more from outside.
    ...[program, kvm, vm, 0].map((fd) => close(fd)),
    mmap({ address: places.stack, size: stackSize, protection: readWrite, flags: anonymous }, { label: 'mapping a stack' }),
    ...[SIGSEGV, SIGBUS].map((signal) => handleSignal(signal, places.loop + faultHandlerOffset, restorer)),
  ];
  return {
    kind: 'tape',
    ops,
    segments: [
      { address: memoryBase + abi.lowStart, bytes: low },
      { address: places.loop, bytes: concatenated(code, parameters), executable: true },
    ],
    entry: BigInt(places.loop),
    // As after a call: the ABI of x86_64 wants it 8 bytes off a multiple of 16, that of aarch64 on one.
    stack: BigInt(places.stack + stackSize - architecture.stackGap),
    argument: BigInt(places.loop + code.length),
    policy: loopPolicy({ ...loop, readRegisters }),
  };
}

interface GuestMemory {
  /** Its address in the process. */
  readonly base: number;
  readonly size: number;
  /** How much of it, and from where on, the launcher's image brings along. */
  readonly lowStart: number;
  readonly lowLength: number;
  readonly hugePages: boolean;
}

/** Zeroed memory around what the launcher's image brings along. */
function guestMemory({ tape }: HvtHost, { base, size, lowStart, lowLength, hugePages }: GuestMemory): readonly Op[] {
  const { MAP, mmap, noHugePages, PROT } = tape;
  const lowEnd = lowStart + Math.ceil(lowLength / pageSize) * pageSize;
  const map = (from: number, length: number) =>
    mmap(
      {
        address: base + from,
        size: length,
        protection: PROT.read | PROT.write,
        flags: MAP.private | MAP.anonymous | MAP.fixed | MAP.noReserve,
      },
      { label: `mapping ${Math.round(size / 2 ** 20)} MiB of guest memory` },
    );
  return [map(0, lowStart), map(lowEnd, size - lowEnd), ...(hugePages ? [] : [noHugePages(base + lowEnd, size - lowEnd)])];
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function tooLittle(end: number, memory: number): Error {
  const what = `the unikernel's program ends at 0x${end.toString(16)} and its memory already at 0x${memory.toString(16)}`;
  return Object.assign(new Error(what), {
    code: 'ERR_MEMORY',
    hint: 'give the container more memory (hvt uses whole multiples of 2 MiB)',
  });
}
