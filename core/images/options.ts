/** What the cache is told by the configuration, and by whoever creates a container. */
import type { Log } from '../plugin.ts';

export interface CacheOptions {
  readonly folder: string;
  /** For the containers' own files; on the same file system, so that the one can be the other. */
  readonly ownFolder: string;
  /** In bytes; 0: nothing is kept. */
  readonly size: number;
  readonly log: Log;
  /** What has to be found true before the guest may run; until then the image is as good as it can be told quickly. */
  later(check: () => Promise<void>): void;
}
