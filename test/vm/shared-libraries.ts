/** The shared libraries of another architecture, out of Debian's packages. */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type DebianArchitecture, unpackedPackage } from './debian-package.ts';

const triplets: Readonly<Record<DebianArchitecture, string>> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const loaders: Readonly<Record<DebianArchitecture, string>> = {
  amd64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
};

/** All of those in the packages, by their paths in the machine; with libc6 the loader too. */
export async function sharedLibraries(
  architecture: DebianArchitecture,
  packages: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  const triplet = triplets[architecture];
  for (const name of packages) {
    const folder = await unpackedPackage(name, architecture);
    for (const place of [`lib/${triplet}`, `usr/lib/${triplet}`]) {
      const names = await readdir(join(folder, place)).catch(() => []);
      for (const library of names.filter((file) => /\.so(\.|$)/.test(file))) {
        // Named by what programs ask for, which is a link to the file.
        const file = await realpath(join(folder, place, library));
        files[`/lib/${triplet}/${library}`] = file;
        if (loaders[architecture].endsWith(`/${library}`)) files[loaders[architecture]] = file;
      }
    }
  }
  return files;
}
