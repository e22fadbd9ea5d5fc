/** The files of a virtual machine: those asked for, the libraries that they need, and what starts it all. */
import { execFile } from 'node:child_process';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpio, type Entry } from './cpio.ts';

const run = promisify(execFile);

/** An archive with `files` (path in the machine to file or folder here), their libraries, and `texts` as executable scripts. */
export async function initramfs(
  files: Readonly<Record<string, string>>,
  texts: Readonly<Record<string, string>>,
  modules: readonly Uint8Array[],
) {
  const found = (await Promise.all(Object.entries(files).map(([to, from]) => readTree(to, from)))).flat();
  const libraries = new Set((await Promise.all(Object.values(files).map(librariesOf))).flat());
  const entries = new Map<string, Entry>();
  for (const path of libraries) entries.set(path, await readEntry(path, path));
  for (const entry of found) entries.set(entry.path, entry);
  for (const [path, text] of Object.entries(texts)) entries.set(path, { path, content: Buffer.from(text), executable: true });
  for (const [index, content] of modules.entries()) {
    // Named so that sorting them is the order in which they load.
    const path = `/vm/modules/${String(index).padStart(3, '0')}.ko`;
    entries.set(path, { path, content, executable: false });
  }
  return cpio([...entries.values()]);
}

async function readTree(to: string, from: string): Promise<Entry[]> {
  if ((await stat(from)).isFile()) return [await readEntry(to, from)];
  const names = await readdir(from);
  const trees = await Promise.all(
    names.map(async (name) => {
      // A link out of the folder would bring who knows what.
      const isLink = (await lstat(join(from, name))).isSymbolicLink();
      return isLink ? [] : readTree(`${to}/${name}`, join(from, name));
    }),
  );
  return trees.flat();
}

async function readEntry(path: string, from: string): Promise<Entry> {
  const [content, { mode }] = await Promise.all([readFile(from), stat(from)]);
  return { path, content, executable: (mode & 0o111) !== 0 };
}

/** Paths of the libraries of a program, as ldd(1) resolves them here; none for what is static or no program. */
async function librariesOf(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isFile()) return [];
  const { stdout } = await run('ldd', [path]).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].flatMap(([, library]) => library ?? []);
}
