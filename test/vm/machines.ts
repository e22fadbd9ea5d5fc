/** The machines that qemu emulates for us, by Debian's name of their processor. */
import type { DebianArchitecture } from './debian-package.ts';

export interface EmulatedMachine {
  readonly qemu: string;
  /** With virtualization inside: emulated SVM, or EL2. */
  readonly args: readonly string[];
  /** Model for -cpu. */
  readonly cpu: string;
  /** Where the kernel's messages go, a file. */
  readonly console: string;
  readonly consoleTo: (file: string) => readonly string[];
  /** Where the script's output goes, and what has it arrive on qemu's own. */
  readonly output: string;
  readonly outputArgs: readonly string[];
  /** Modules that the output needs. */
  readonly modules: readonly string[];
  /** Kernel arguments besides. */
  readonly kernelArgs: string;
}

export const machines: Readonly<Record<DebianArchitecture, EmulatedMachine>> = {
  amd64: {
    qemu: 'qemu-system-x86_64',
    args: ['-machine', 'pc'],
    cpu: 'max',
    console: 'ttyS0',
    consoleTo: (file) => ['-serial', `file:${file}`],
    output: '/dev/ttyS1',
    outputArgs: ['-serial', 'stdio'],
    modules: [],
    kernelArgs: 'mitigations=off no_timer_check',
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
    args: ['-machine', 'virt,virtualization=on,gic-version=3'],
    cpu: 'neoverse-n1',
    console: 'ttyAMA0',
    consoleTo: (file) => ['-serial', `file:${file}`],
    // The machine has one serial port.
    output: '/dev/hvc0',
    outputArgs: ['-device', 'virtio-serial-pci', '-chardev', 'stdio,id=output', '-device', 'virtconsole,chardev=output'],
    modules: ['virtio_pci', 'virtio_console'],
    kernelArgs: 'mitigations=off',
  },
};
