/** Guests with a ring for their network device, and guests of 2018: what they must do in the virtual machine. */
import type { ContainerInVm } from '../vm/containers.ts';

export interface DeviceCase extends Omit<ContainerInVm, 'root'> {
  readonly status: number;
  readonly stdout: string | RegExp;
  readonly stderr: string | RegExp;
}

/** A configuration with the ring, and a namespace with an interface. */
export const ringConfig = '/vm/ring.json';
export const netns = '/run/netns/n';

const well = (args: readonly string[], stdout: DeviceCase['stdout'], more: Partial<DeviceCase> = {}): DeviceCase => ({
  args,
  status: 0,
  stdout,
  stderr: '',
  ...more,
});
const withRing = { netns, options: ['--config', ringConfig] };
const forbidden = (args: readonly string[], why: string): DeviceCase => ({
  ...withRing,
  args,
  status: 159,
  stdout: /^/,
  stderr: new RegExp(`^runnc: hvt: the guest was stopped: ${why} \\(rip 0x1[0-9a-f]{5}\\)\\n$`),
});

export const deviceCases: readonly DeviceCase[] = [
  well(['/ring.hvt', 'info'], 'no ring is offered, elsewhere\n', { netns }),
  well(['/ring.hvt', 'info'], 'a ring is offered, where memory ends\n', withRing),
  well(['/ring.hvt', 'wrap', 'batch', '10', 'batch', '1024'], 'taken: 10\ntaken: 1024\n', withRing),
  well(['/frames.hvt', '2000'], /^write: \d+ ns\nread: \d+ ns\n$/, { netns }),
  well(['/frames.hvt', '2000'], /^write: \d+ ns\nread: \d+ ns\n$/, withRing),
  forbidden(['/ring.hvt', 'flood'], 'it put more into its ring than that holds, 0x401'),
  forbidden(['/ring.hvt', 'operation', '3'], 'it put an operation into its ring that there is not, 0x3'),
  forbidden(['/ring.hvt', 'address', '0xfffffff0', '60'], 'it gave a hypercall an address outside its memory, 0xfffffff0'),
  well(['/net-device.hvt'], /^device: service\nattached: yes\nmac: ([0-9a-f]{2}:?){6}\nmtu: 1500\n$/, { netns }),
  well(['/block-device.hvt'], 'device: storage\nattached: yes\ncapacity: 8192\nblock size: 512\n', {
    env: ['RUNNC_BLOCK_storage=/disk.img'],
  }),
  // Of 2018.
  well(['/hello.ukvm', 'a', 'b "c"'], 'Hello from a unikernel\ncommand line: <a b "c">\n'),
  well(['/exit-code.ukvm', '42'], '', { status: 42 }),
  well(['/ukvm-devices.ukvm', 'low', 'halt'], "low memory is the guest's\n"),
  well(
    ['/ukvm-devices.ukvm', 'disk', 'past-end'],
    'first block\nwrite: well\nread: well\nwritten by the guest\nthe sector after the last: -1\ntwo from the last on: -1\none far away: -1\n',
    { env: ['RUNNC_BLOCK_storage=/disk.img'] },
  ),
  well(['/ukvm-devices.ukvm', 'net'], /^(no|a) frame came\nsent: well\nread: (well|-1)\n$/, { netns }),
];

/** `ring.hvt info --config /vm/ring.json`, ... */
export const nameOf = ({ args, options = [] }: DeviceCase): string => [...args, ...options].join(' ').slice(1);
