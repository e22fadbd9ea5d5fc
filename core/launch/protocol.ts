/** What the runtime and the tapes agree upon: descriptor numbers and reports. */

/** Descriptors of init. The low ones stay until the guest has started; the temporary ones lie above any that a tender opens. */
export const descriptor = { report: 3, program: 4, firstFree: 5, sync: 100, directory: 101, tender: 102 } as const;

/** Records on the report pipe are two words; failures have a tape number in the upper half of the first. */
export const report = { pid: 1n << 48n, ready: 2n << 48n, started: 3n << 48n } as const;

/** Numbers of the two ends of a socket that init has in hand: `start` fetches the one to send through, the tender's tape reads the other. */
export interface Mailbox {
  readonly receive: number;
  readonly send: number;
}
