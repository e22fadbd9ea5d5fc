/** The ring for network devices of Solo5 0.11: how much of the guest's memory it takes. */

/** Size of struct ring (loop/ring.h), in whole pages. */
const ringSize = 0xd000;

/** Guest-physical address of the ring, at the end of memory; 0 where it does not fit behind the program. */
export function ringIn(memory: number, programEnd: number): number {
  const address = memory - ringSize;
  // A guest needs more memory than its program to do anything at all.
  return address < programEnd + ringSize ? 0 : address;
}
