/** Images of root file systems: each built once, for all containers whose root file systems hold the same. */
import type { Container } from './container.ts';
import type { Json } from './host.ts';

/** The cache of images. */
export interface Images {
  /**
   * A path for the container's own image file, the same each time; `suffix` tells one plugin's from another's. What is there from before the machine
   * was started anew is removed: such containers are no more.
   */
  pathFor(container: Container, suffix: string): Promise<string>;
  /**
   * Makes the container's own image file: from the cache, or by building it, for the cache if what the root file system holds
   * is shared with other containers. However many ask at once, one builds.
   */
  make(container: Container, request: ImageRequest): Promise<MadeImage>;
}

/** An image that a container needs. */
export interface ImageRequest {
  /** What kind of image, and the version of the way in which it is written: `iso9660 2`. */
  readonly kind: string;
  /** All that its bytes depend on beside what the root file system holds: options, what is left out. */
  readonly depends: Json;
  /** The container's own file, which is not there yet: `pathFor` says one. It is the plugin's to remove. */
  readonly path: string;
  /** Whether this file will be written to: then it is a copy (a reflink where the file system has them), else it may be the cached file. */
  readonly writable: boolean;
  /** Where in the file, in bytes, something will be written at once: there it is brought to memory, since a reflink would be read from the disk. */
  written?(notes: Json): readonly number[];
  /** Whether there is something in it that no other container has: then it is not kept. */
  readonly alone?: boolean;
  /**
   * A second file of the container's own, which is not there yet and which nobody may write to: what has to be known of the image only after it was
   * used, and is too much to be read at each use. `build` makes it, and later containers have a link to the cache's. The plugin's to remove.
   */
  readonly beside?: string;
  /** Writes the image to this file, which is empty, and `beside`; returns what has to be known of it at each later use. */
  build(path: string): Promise<Json>;
}

/** An image that is at `path` of its request. */
export interface MadeImage {
  /** In bytes. */
  readonly size: number;
  /** What `build` returned, for this container or for an earlier one. */
  readonly notes: Json;
  /** `alone`: built for this container, and not kept for others. */
  readonly from: 'cache' | 'build' | 'alone';
}
