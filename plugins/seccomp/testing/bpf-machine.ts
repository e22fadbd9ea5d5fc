/**
 * A classic BPF machine, as far as seccomp allows it (kernel/seccomp.c, seccomp_check_filter): tells what a compiled filter
 * answers to a system call. The kernel's documentation is Documentation/networking/filter.rst.
 */

/** struct seccomp_data, linux/seccomp.h */
export interface SystemCall {
  readonly nr: number;
  readonly arch: number;
  readonly args?: readonly (number | bigint)[];
}

function seccompData({ nr, arch, args = [] }: SystemCall): DataView {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, nr >>> 0, true);
  view.setUint32(4, arch, true);
  for (const [index, arg] of args.entries()) view.setBigUint64(16 + 8 * index, BigInt.asUintN(64, BigInt(arg)), true);
  return view;
}

/** The filter's answer: SECCOMP_RET_* of linux/seccomp.h, whose values are those of SCMP_ACT_*. */
export function run(program: Uint8Array, call: SystemCall): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = seccompData(call);
  let accumulator = 0;
  const scratch = new Uint32Array(16);
  for (let at = 0; ; at++) {
    if (at * 8 >= program.length) throw new Error(`ran off the end at instruction ${at}`);
    const opcode = code.getUint16(at * 8, true);
    const k = code.getUint32(at * 8 + 4, true);
    const jump = (taken: boolean) => {
      at += code.getUint8(at * 8 + (taken ? 2 : 3));
    };
    // linux/bpf_common.h: class | size or operation | mode or source
    switch (opcode) {
      case 0x20: // BPF_LD | BPF_W | BPF_ABS
        accumulator = data.getUint32(k, true);
        break;
      case 0x02: // BPF_ST
        scratch[k] = accumulator;
        break;
      case 0x60: // BPF_LD | BPF_MEM
        accumulator = scratch[k] ?? 0;
        break;
      case 0x54: // BPF_ALU | BPF_AND | BPF_K
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05: // BPF_JMP | BPF_JA
        at += k;
        break;
      case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
        jump(accumulator === k);
        break;
      case 0x25: // BPF_JMP | BPF_JGT | BPF_K
        jump(accumulator > k);
        break;
      case 0x35: // BPF_JMP | BPF_JGE | BPF_K
        jump(accumulator >= k);
        break;
      case 0x06: // BPF_RET | BPF_K
        return k;
      default:
        throw new Error(`instruction ${at} has the unexpected code 0x${opcode.toString(16)}`);
    }
  }
}
