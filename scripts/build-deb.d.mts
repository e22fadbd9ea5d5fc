/** Returns the path of the package; `outdir` is dist unless told. */
export function buildDeb(outdir?: string): string;
