/** What the run loop may call: its own few system calls, on its own descriptors, with data in guest memory only. */
import type { Condition, Policy, Rule } from '../../core/plugin.ts';
import { mostMemory } from './addresses.ts';
import type { Device } from './devices.ts';
import { KVM } from './kvm.ts';

const is = (arg: number, value: number): Condition => ({ arg, op: '==', value });

export interface PolicyOptions {
  readonly memoryBase: number;
  /** The request by which the loop reads registers. */
  readonly readRegisters: number;
  readonly vcpu: number;
  readonly waitSet: number;
  readonly timer: number;
  readonly devices: readonly Device[];
}

export function loopPolicy({ memoryBase, readRegisters, vcpu, waitSet, timer, devices }: PolicyOptions): Policy {
  // Argument 1 is an address in guest memory, or at least where guest memory would be if the guest had all it can have.
  const fromGuest: readonly Condition[] = [
    { arg: 1, op: '>=', value: memoryBase },
    { arg: 1, op: '<', value: memoryBase + mostMemory },
  ];
  return [
    { call: 'ioctl', when: [is(0, vcpu), is(1, KVM.run)] },
    // For the instruction pointer in the sentence about a guest that failed.
    { call: 'ioctl', when: [is(0, vcpu), is(1, readRegisters)] },
    { call: 'write', when: [is(0, 1), ...fromGuest] },
    { call: 'write', when: [is(0, 2)] },
    { call: 'exit_group' },
    { call: 'epoll_pwait', when: [is(0, waitSet)] },
    { call: 'timerfd_settime', when: [is(0, timer)] },
    { call: 'clock_gettime', when: [is(0, 0)] }, // CLOCK_REALTIME
    ...devices.flatMap(({ kind, fd }) =>
      (kind === 'net' ? ['read', 'write'] : ['pread64', 'pwrite64']).map(
        (call): Rule => ({ call, when: [is(0, fd), ...fromGuest] }),
      ),
    ),
  ];
}
