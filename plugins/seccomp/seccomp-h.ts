/** Names of libseccomp's header, seccomp.h (version 2.5), as far as they are used here. */

/** enum scmp_filter_attr */
export const attributes = {
  SCMP_FLTATR_ACT_BADARCH: 2,
  SCMP_FLTATR_CTL_OPTIMIZE: 8,
} as const;

/** enum scmp_compare */
export const operators = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
} as const;

/** SCMP_ACT_*; the low 16 bits of ERRNO and TRACE carry a number. SCMP_ACT_NOTIFY is left out on purpose. */
export const actions = {
  SCMP_ACT_KILL: 0x00000000, // an alias of KILL_THREAD, for old profiles
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
} as const;

/** What seccomp_syscall_resolve_name answers for a name that it does not know (__NR_SCMP_ERROR). */
export const UNKNOWN_CALL = -1;
