/**
 * The eBPF program that decides about devices in cgroup v2 (cgroup-v2.rst, "Device controller"), assembled from the rules; pure.
 *
 * The kernel asks with {u32 type and access, u32 major, u32 minor} (struct bpf_cgroup_dev_ctx); 1 is yes. Rules are looked at from the
 * last, which is the strongest, to the first. Each one that fits settles the kinds of access that it names: a denial
 * of one that is still open ends in no, an allowance closes those that it names, and when none is open the answer is yes.
 */
import type { Access, DeviceMatch } from './devices.ts';

// linux/bpf.h: BPF_DEVCG_*
const deviceTypes = { b: 1, c: 2 } as const;
const accessBits: Readonly<Record<Access, number>> = { m: 1, r: 2, w: 4 };

// Registers. r1 is the argument, r0 the answer.
const answer = 0;
const context = 1;
const type = 2;
const open = 3;
const major = 4;
const minor = 5;

// Operations: linux/bpf.h and linux/bpf_common.h (class | operation | source).
const op = {
  loadWord: 0x61, // BPF_LDX | BPF_MEM | BPF_W
  copy: 0xbf, // BPF_ALU64 | BPF_MOV | BPF_X
  set: 0xb7, // BPF_ALU64 | BPF_MOV | BPF_K
  and: 0x57, // BPF_ALU64 | BPF_AND | BPF_K
  shiftRight: 0x77, // BPF_ALU64 | BPF_RSH | BPF_K
  ifEqual: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  ifNotEqual: 0x55, // BPF_JMP | BPF_JNE | BPF_K
  ifAnyBit: 0x45, // BPF_JMP | BPF_JSET | BPF_K
  exit: 0x95, // BPF_JMP | BPF_EXIT
} as const;

interface Instruction {
  readonly code: number;
  readonly to?: number;
  readonly from?: number;
  readonly offset?: number;
  readonly immediate?: number;
  /** Where a jump goes: past the rule, or to one of the two ends. */
  readonly jump?: 'next' | 'yes' | 'no';
}

/**
 * Instructions of eight bytes, struct bpf_insn, little-endian as all machines that runnc runs on: u8 code, u8 with the destination in
 * the lower and the source in the upper half, s16 offset, s32 immediate.
 */
export function deviceProgram(rules: readonly DeviceMatch[]): Uint8Array {
  const blocks = effective(rules).map(ruleBlock);
  const no = blocks.reduce((sum, { length }) => sum + length, prologue.length);
  const yes = no + end(0).length;
  const bytes = new Uint8Array((yes + end(1).length) * 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (block: readonly Instruction[]) => {
    const targets = { next: at + block.length, yes, no };
    for (const { code, to = 0, from = 0, offset = 0, immediate = 0, jump } of block) {
      view.setUint8(at * 8, code);
      view.setUint8(at * 8 + 1, to | (from << 4));
      view.setInt16(at * 8 + 2, jump ? targets[jump] - at - 1 : offset, true);
      view.setInt32(at * 8 + 4, immediate, true);
      at++;
    }
  };
  for (const block of [prologue, ...blocks, end(0), end(1)]) put(block);
  return bytes;
}

const prologue: readonly Instruction[] = [
  { code: op.loadWord, to: type, from: context, offset: 0 },
  { code: op.copy, to: open, from: type },
  { code: op.and, to: type, immediate: 0xffff },
  { code: op.shiftRight, to: open, immediate: 16 },
  { code: op.loadWord, to: major, from: context, offset: 4 },
  { code: op.loadWord, to: minor, from: context, offset: 8 },
];

const end = (value: number): readonly Instruction[] => [{ code: op.set, to: answer, immediate: value }, { code: op.exit }];

/** The rules from the last to the first, without those that a rule for everything sets aside, and those that fit no device. */
function effective(rules: readonly DeviceMatch[]): readonly DeviceMatch[] {
  const last = rules.findLastIndex((rule) => rule.type === 'a');
  // A comparison takes 31 bits without sign; the kernel's numbers have 12 and 20 (linux/kdev_t.h).
  return rules
    .slice(Math.max(last, 0))
    .reverse()
    .filter((rule) => (rule.major ?? 0) <= 0x7fffffff && (rule.minor ?? 0) <= 0x7fffffff);
}

function ruleBlock(rule: DeviceMatch): readonly Instruction[] {
  const bits = rule.access.reduce((sum, letter) => sum | accessBits[letter], 0);
  const block: Instruction[] = [];
  if (rule.type !== 'a') block.push({ code: op.ifNotEqual, to: type, immediate: deviceTypes[rule.type], jump: 'next' });
  if (rule.major !== undefined) block.push({ code: op.ifNotEqual, to: major, immediate: rule.major, jump: 'next' });
  if (rule.minor !== undefined) block.push({ code: op.ifNotEqual, to: minor, immediate: rule.minor, jump: 'next' });
  if (rule.allow) {
    block.push({ code: op.and, to: open, immediate: ~bits }, { code: op.ifEqual, to: open, immediate: 0, jump: 'yes' });
  } else {
    block.push({ code: op.ifAnyBit, to: open, immediate: bits, jump: 'no' });
  }
  return block;
}
