/** The cgroups right below a cgroup. */
import { readdirSync } from 'node:fs';
import { errnoName } from './control-file.ts';

/** Paths of the cgroups right below one; none if it is gone. */
export function childrenOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${directory}/${name}`);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return [];
    throw error;
  }
}
