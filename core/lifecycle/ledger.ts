import type { ContainerRecord } from '../state/record.ts';
import type { Held } from '../state/store.ts';

/** The list of taken resources, in the container's record. */
export function ledgerOf(held: Held) {
  return {
    get resources() {
      return held.record.resources;
    },
    save: (resources: ContainerRecord['resources']) => held.save({ resources }),
  };
}
