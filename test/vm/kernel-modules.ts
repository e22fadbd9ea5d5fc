/** Kernel modules out of a kernel's package, with those that they depend on. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const suffix = /\.ko(\.xz|\.zst)?$/;

/** The modules' contents in the order in which they must be loaded; `folder` is lib/modules/RELEASE. */
export async function kernelModules(folder: string, names: readonly string[]): Promise<readonly Uint8Array[]> {
  if (names.length === 0) return [];
  const files = await readdir(folder, { recursive: true });
  const paths = new Map(files.filter((file) => suffix.test(file)).map((file) => [moduleName(file), join(folder, file)]));
  const builtin = new Set((await readFile(join(folder, 'modules.builtin'), 'utf8')).split('\n').map(moduleName));
  const loaded = new Map<string, Uint8Array>();
  const visit = async (wanted: string): Promise<void> => {
    const name = moduleName(wanted);
    if (loaded.has(name) || builtin.has(name)) return;
    const path = paths.get(name);
    if (path === undefined) throw new Error(`kernel in ${folder} has no module ${wanted}`);
    const content = await readModule(path);
    for (const needed of dependencies(content)) await visit(needed);
    loaded.set(name, content);
  };
  for (const name of names) await visit(name);
  return [...loaded.values()];
}

/** Files are named with - or _, as their authors liked; the kernel takes both for the same. */
function moduleName(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(suffix, '').replaceAll('-', '_');
}

async function readModule(path: string): Promise<Uint8Array> {
  if (path.endsWith('.ko')) return readFile(path);
  const tool = path.endsWith('.xz') ? 'xz' : 'zstd';
  const { stdout } = await run(tool, ['-dcq', path], { encoding: 'buffer', maxBuffer: 64 << 20 });
  return stdout;
}

/** What a module needs is said in its section .modinfo, as `depends=a,b` between zero bytes; modules.dep is made at installation only. */
function dependencies(module: Uint8Array): readonly string[] {
  const list = /\0depends=([^\0]*)\0/.exec(Buffer.from(module).toString('latin1'))?.[1] ?? '';
  return list.split(',').filter((name) => name !== '');
}
