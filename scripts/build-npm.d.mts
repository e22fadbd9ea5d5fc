/** Returns the path of the package; `outdir` is dist unless told. */
export function buildNpm(outdir?: string): string;
