export interface BuildOptions {
  readonly entry?: string;
  readonly outdir?: string;
  readonly only?: 'executable' | 'node' | 'kit';
  readonly ifStale?: boolean;
  /** Node's name for a processor; this machine's unless told. */
  readonly target?: string;
}

/** Builds, and returns the paths of what was built; for another processor there is the executable alone. */
export function build(
  options?: BuildOptions,
): Promise<{ readonly executable: string; readonly node?: string; readonly kit?: string }>;
