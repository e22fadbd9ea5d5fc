import type { ContainerRecord } from '../state/record.ts';
import type { Held } from '../state/store.ts';

/** The list of taken resources, in the container's record, which is this command's as long as it has the lock. */
export function ledgerOf(held: Held) {
  return {
    get resources() {
      return held.record.resources;
    },
    lock: held.lock,
    save: (resources: ContainerRecord['resources']) => held.save({ resources }),
  };
}
