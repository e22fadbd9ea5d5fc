/**
 * @typedef {object} Options
 * @property {string} path
 * @property {'auto' | 'kvm' | 'tcg'} accel
 * @property {'microvm' | 'pc' | 'q35'} machine
 * @property {string} cpu
 * @property {number} cpus
 * @property {string} append
 * @property {readonly string[]} networks
 * @property {readonly string[]} disks
 */

/** @param {string} description @param {readonly string[]} preset */
const names = (description, preset) => ({
  type: 'array',
  description,
  items: { title: 'a name of letters and digits', type: 'string', pattern: '^[A-Za-z0-9]{1,20}$' },
  uniqueItems: true,
  maxItems: 8,
  default: preset,
});

/** JSON Schema, draft 7: runnc checks the operator's options against it and fills in what they leave out. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    path: {
      title: 'an absolute path',
      description: 'qemu, 7.1 or later',
      type: 'string',
      pattern: '^/',
      default: '/usr/bin/qemu-system-x86_64',
    },
    accel: {
      description: 'who executes: "kvm", the machine itself; "tcg", qemu by translation; "auto", KVM where there is /dev/kvm',
      enum: ['auto', 'kvm', 'tcg'],
      default: 'auto',
    },
    machine: {
      description: 'what the kernel finds: "pc" and "q35" have PCI, "microvm" has virtio-mmio only and starts faster',
      enum: ['microvm', 'pc', 'q35'],
      default: 'pc',
    },
    cpu: { description: "qemu's -cpu", type: 'string', pattern: '^[A-Za-z0-9_.,=+-]+$', default: 'max' },
    cpus: { description: 'how many processors', type: 'integer', minimum: 1, maximum: 64, default: 1 },
    append: {
      description: 'what stands before the arguments of a Linux kernel',
      type: 'string',
      default: 'console=ttyS0 panic=-1',
    },
    networks: names('network devices, where the container has as many interfaces', ['net0']),
    disks: names('block devices, where somebody has something to put behind them', ['disk']),
  },
};
