/** Returns the path of the package; `outdir` is dist unless told, `processor` (Node's name) this machine's. */
export function buildDeb(outdir?: string, processor?: string): string;
