/** Loads a device program into the kernel and ties it to a cgroup of version 2 (bpf(2)). */
import { closeSync, constants, openSync } from 'node:fs';
import { RunncError, SysError } from '../../errors.ts';
import { libc } from '../../sys/libc.ts';

// linux/bpf.h
const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
/** Others (systemd, a parent's owner) may have programs too; all of them have to agree. */
const BPF_F_ALLOW_MULTI = 2;

const RLIMIT_MEMLOCK = 8; // asm-generic/resource.h
const EPERM = 1; // asm-generic/errno-base.h

/** System calls for which libc has no wrapper (asm/unistd_64.h; asm-generic/unistd.h). */
const numbers: Readonly<Partial<Record<NodeJS.Architecture, { readonly bpf: number; readonly prlimit64: number }>>> = {
  x64: { bpf: 321, prlimit64: 302 },
  arm64: { bpf: 280, prlimit64: 261 },
};

/** Makes `program` decide about devices for all processes in the cgroup `directory`; it goes when the cgroup goes. */
export async function attachDeviceProgram(directory: string, program: Uint8Array): Promise<void> {
  const number = numbers[process.arch];
  if (!number) throw new RunncError('ERR_UNSUPPORTED', `limiting devices: no number of bpf(2) is known for ${process.arch}`);
  const { call, address } = await libc();
  const bpf = (what: string, command: number, attributes: Buffer) =>
    call(what, 'syscall', number.bpf, 'int', command, 'void *', attributes, 'unsigned int', attributes.length);

  // union bpf_attr of BPF_PROG_LOAD: u32 type, u32 number of instructions, u64 instructions, u64 licence, ... u32 attach type at 68
  const instructions = Buffer.from(program);
  const licence = Buffer.from('Apache-2.0\0');
  const load = Buffer.alloc(72);
  load.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  load.writeUInt32LE(program.length / 8, 4);
  load.writeBigUInt64LE(BigInt(address(instructions)), 8);
  load.writeBigUInt64LE(BigInt(address(licence)), 16);
  load.writeUInt32LE(BPF_CGROUP_DEVICE, 68);
  const loadProgram = () => bpf('loading the device program', BPF_PROG_LOAD, load);

  let fd: number;
  try {
    fd = loadProgram();
  } catch (error) {
    // Before Linux 5.11 programs counted as locked memory, of which root has 64 KiB by default.
    if (!(error instanceof SysError) || error.errno !== EPERM) throw error;
    const unlimited = Buffer.alloc(16, 0xff);
    call(
      'lifting the limit of locked memory',
      'syscall',
      number.prlimit64,
      'int',
      0,
      'int',
      RLIMIT_MEMLOCK,
      'void *',
      unlimited,
      'void *',
      null,
    );
    fd = loadProgram();
  }
  const cgroup = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    // union bpf_attr of BPF_PROG_ATTACH: u32 target, u32 program, u32 attach type, u32 flags
    const attach = Buffer.alloc(16);
    attach.writeUInt32LE(cgroup, 0);
    attach.writeUInt32LE(fd, 4);
    attach.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
    attach.writeUInt32LE(BPF_F_ALLOW_MULTI, 12);
    bpf(`attaching the device program to ${directory}`, BPF_PROG_ATTACH, attach);
  } finally {
    closeSync(cgroup);
    closeSync(fd);
  }
}
