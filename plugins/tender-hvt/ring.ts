/** The ring for network devices of Solo5 0.11: how much of the guest's memory it takes. */

/** Size of struct ring (loop/ring.h), in whole pages. */
const ringSize = 0xd000;
/** What a guest needs behind its program, or it ends at once (Solo5 bindings/mem.c, mem_init). */
const leastBehind = 0x80000;

/** Guest-physical address of the ring, at the end of memory; 0 where it would leave the guest too little. */
export function ringIn(memory: number, programEnd: number): number {
  const address = memory - ringSize;
  return address < programEnd + leastBehind ? 0 : address;
}
