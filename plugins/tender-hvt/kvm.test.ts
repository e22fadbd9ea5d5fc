import { expect, test } from 'vitest';
import { openKvm } from './kvm.ts';

const help =
  'load the module kvm_intel or kvm_amd and turn virtualization on (in a virtual machine: nested), or build the unikernel for spt';

test.each([
  ['/nonexistent/kvm', 'a Solo5 hvt unikernel needs KVM, and this machine has no /nonexistent/kvm'],
  ['/dev', 'a Solo5 hvt unikernel needs KVM, and /dev cannot be opened (EISDIR)'],
])('without a KVM at %s the error says what is missing and what would help', (device, message) => {
  expect(() => openKvm(device)).toThrow(expect.objectContaining({ code: 'ERR_NO_TENDER', message, hint: help }));
});
