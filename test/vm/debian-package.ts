/** Files out of Debian packages, without installing them: fetched once, unpacked under build/vm. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where everything for virtual machines is kept between runs. */
export const cache = join(import.meta.dirname, '../../build/vm');

/** Folder with the unpacked files of a package. */
export async function unpackedPackage(name: string): Promise<string> {
  const folder = join(cache, name);
  await mkdir(cache, { recursive: true });
  if ((await readdir(cache)).includes(name)) return folder;
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    await run('apt-get', ['download', name], { cwd: work }).catch((cause: unknown) => {
      throw new Error(`cannot download Debian's package ${name}: try apt-get update`, { cause });
    });
    const [deb] = await readdir(work);
    await run('dpkg-deb', ['-x', join(work, deb ?? ''), join(work, 'files')]);
    // Renamed when complete, so that neither an interruption nor a second run can leave half a package.
    await rename(join(work, 'files'), folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** Name of Debian's current kernel for virtual machines: small, quick to boot, with KVM and tun as modules. */
export async function kernelPackage(): Promise<string> {
  await mkdir(cache, { recursive: true });
  const kept = (await readdir(cache)).find((name) => /^linux-image-.*-cloud-amd64$/.test(name));
  if (kept !== undefined) return kept;
  const { stdout } = await run('apt-cache', ['depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error('apt knows no package linux-image-cloud-amd64: try apt-get update');
  return name;
}
