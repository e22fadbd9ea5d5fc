/** What a plugin keeps of containers that have no use for it any more, as nothing of it must be lost unasked. */
export interface Kept {
  /** By which people call it; no two have one name. */
  readonly name: string;
  /** The container's id, or what is known of it. */
  readonly container: string;
  /** The file. */
  readonly path: string;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly written: number;
  /** Why it is still there, in a few words. */
  readonly why: string;
  /** Whether there may be something in it that is nowhere else. */
  readonly isWritten: boolean;
  remove(): Promise<void>;
}
