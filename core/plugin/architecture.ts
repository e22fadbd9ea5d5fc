/** What the core must know of a processor. */

import type { Policy } from './policy.ts';

/** What the core must know of a processor. */
export interface Architecture {
  /** As in OCI: `amd64`, `arm64`. */
  readonly name: string;
  /** e_machine. */
  readonly elfMachine: number;
  /** AUDIT_ARCH_* value (linux/audit.h), for filters. */
  readonly auditArch: number;
  /** System call numbers by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The player: position-independent code that ends where the tape begins (a multiple of 64 bytes). */
  readonly player: Uint8Array;
  /** Offset of the signal handler (exits with 128 + signal) in the player. */
  readonly handlerOffset: number;
  /** Offset of the restorer that sigaction wants, or undefined. */
  readonly restorerOffset: number | undefined;
  /** Where the launcher's image is linked: above any guest memory. */
  readonly launcherBase: number;
  /** First address past user space. */
  readonly userSpaceEnd: number;
  /** Calls that a guest needs on this processor only (x86_64: arch_prctl(ARCH_SET_FS)). */
  readonly guestCalls: Policy;
  /** What the stack pointer is below the end of guest memory at entry. */
  readonly stackGap: number;
  /** Whether struct epoll_event has no padding: on x86_64 alone (linux/eventpoll.h, EPOLL_PACKED). */
  readonly packedEvents?: boolean;
}
