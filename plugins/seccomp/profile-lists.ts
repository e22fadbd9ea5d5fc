/** The lists of linux.seccomp that do not change the program: checked, so that a misspelt one does not pass in silence. */
import { quote, refusal } from './refusal.ts';

/**
 * Names of runtime-spec. None adds anything: a guest is 64-bit code for the machine's own processor, so calls through any
 * other convention (i386, x32, 32-bit arm) end the process, even where the profile would have them filtered.
 */
const architectures = new Set(
  [
    'X86',
    'X86_64',
    'X32',
    'ARM',
    'AARCH64',
    'LOONGARCH64',
    'M68K',
    'MIPS',
    'MIPS64',
    'MIPS64N32',
    'MIPSEL',
    'MIPSEL64',
    'MIPSEL64N32',
  ]
    .concat('PARISC', 'PARISC64', 'PPC', 'PPC64', 'PPC64LE', 'RISCV64', 'S390', 'S390X', 'SH', 'SHEB')
    .map((name) => `SCMP_ARCH_${name}`),
);

/**
 * Flags of seccomp(2): matters of installing the program, not of its text. TSYNC says nothing to a process of one thread, and
 * WAIT_KILLABLE_RECV only speaks of SCMP_ACT_NOTIFY. LOG and SPEC_ALLOW are for whoever installs the program.
 */
const flags = new Set([
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
]);

export function checkArchitectures(names: readonly string[]): void {
  const unknown = names.find((name) => !architectures.has(name));
  if (unknown !== undefined)
    throw refusal(`linux.seccomp.architectures has ${quote(unknown)}, which is no architecture of seccomp.h`);
}

export function checkFlags(names: readonly string[]): void {
  const unknown = names.find((name) => !flags.has(name));
  if (unknown !== undefined) {
    throw refusal(`linux.seccomp.flags has ${quote(unknown)}, which runnc does not know`, `it knows ${[...flags].join(', ')}`);
  }
}
