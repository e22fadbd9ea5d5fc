/**
 * Whether layers are as they were: by the inode and the change time of each of their files, which no program can set back; or of their folders
 * alone, which change with each name in them that comes, goes, or becomes another file. find(1) looks through them, beside us, and faster
 * than we could; where it is not GNU's, we do.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { startProgram } from '../sys/background-program.ts';
import { sha256 } from '../sys/sha256.ts';

/** More files than this are looked through by nobody: such an image is not kept. */
const mostFiles = 250_000;

/** What is looked at. Files take three times as long. */
export type Depth = 'files' | 'folders';

export interface Seal {
  /** Equal for layers in which nothing has changed. */
  readonly text: string;
  /** When the last change was, in milliseconds since 1970. */
  newest(): number;
}

/** A seal that is being found out. */
export interface Sealing {
  readonly depth: Depth;
  /** The seal when it is known; undefined for layers that cannot be looked through, or have too many files. */
  seal(): Promise<Seal | undefined>;
  /** Ends it, if it goes on: nobody asks. */
  end(): void;
}

/** Begins to look through the layers (absolute paths). */
export async function beginSeal(layers: readonly string[], depth: Depth): Promise<Sealing> {
  const which = depth === 'folders' ? ['-type', 'd'] : [];
  const found =
    layers.length === 0 ? undefined : await startProgram('/usr/bin/find', [...layers, ...which, '-printf', '%i %C@\\n']);
  return {
    depth,
    seal: async () => sealOf(depth, await found?.result()) ?? walk(layers),
    end: () => found?.end(),
  };
}

function sealOf(depth: Depth, output: Buffer | undefined): Seal | undefined {
  if (output === undefined) return undefined;
  const newest = () => {
    const lines = output.toString('latin1').split('\n');
    return 1000 * lines.reduce((latest, line) => Math.max(latest, Number(line.slice(line.indexOf(' ') + 1))), 0);
  };
  return { text: `find ${depth} ${sha256(output).toString('hex')}`, newest };
}

/** The same without find, and of all files. */
export function walk(layers: readonly string[]): Seal | undefined {
  const numbers: number[] = [];
  let newest = 0;
  const visit = (path: string | Buffer): boolean => {
    const stat = lstatSync(path);
    newest = Math.max(newest, stat.ctimeMs);
    numbers.push(stat.ino, stat.ctimeMs);
    return !stat.isDirectory() || (numbers.length <= 2 * mostFiles && namesIn(path).every(visit));
  };
  if (!layers.every(visit)) return undefined;
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return { text: `walk ${sha256(bytes).toString('hex')}`, newest: () => newest };
}

/** Paths; as text as long as they can be, which is faster. */
function namesIn(folder: string | Buffer): (string | Buffer)[] {
  if (typeof folder === 'string') {
    const names = readdirSync(folder);
    // What is not UTF-8 was replaced.
    if (!names.some((name) => name.includes('\ufffd'))) return names.map((name) => `${folder}/${name}`);
  }
  const names = readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[];
  return names.map((name) => Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]));
}
