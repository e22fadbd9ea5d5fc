/** Joins classic BPF programs: where one would give the default answer, the next one is asked. */
import { refusal } from './refusal.ts';

const INSTRUCTION_SIZE = 8; // sizeof(struct sock_filter), linux/filter.h: u16 code, u8 jt, u8 jf, u32 k
const MOST_INSTRUCTIONS = 4096; // BPF_MAXINSNS, linux/bpf_common.h
const RETURN = 0x06; // BPF_RET | BPF_K, linux/bpf_common.h
const JUMP = 0x05; // BPF_JMP | BPF_JA: forward by k instructions

export function joined(programs: readonly Uint8Array[], defaultAction: number): Uint8Array {
  const size = programs.reduce((sum, { length }) => sum + length, 0);
  if (size > MOST_INSTRUCTIONS * INSTRUCTION_SIZE) {
    throw refusal(
      `the seccomp filter has ${size / INSTRUCTION_SIZE} instructions, and the kernel takes ${MOST_INSTRUCTIONS} at most`,
      'use fewer rules',
    );
  }
  const whole = new Uint8Array(size);
  const view = new DataView(whole.buffer);
  let end = 0;
  for (const program of programs) {
    whole.set(program, end);
    const start = end;
    end += program.length;
    if (end === size) break; // the last one's default is the whole's
    for (let at = start; at < end; at += INSTRUCTION_SIZE) {
      if (view.getUint16(at, true) !== RETURN || view.getUint32(at + 4, true) !== defaultAction) continue;
      view.setUint16(at, JUMP, true);
      view.setUint32(at + 4, (end - at) / INSTRUCTION_SIZE - 1, true);
    }
  }
  return whole;
}
