/** Files out of Debian packages, without installing them: fetched once, unpacked under build/vm. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's names for processors. */
export type DebianArchitecture = 'amd64' | 'arm64';

/** Debian's name for this machine's processor. */
export const ownArchitecture: DebianArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Where everything for virtual machines is kept between runs. */
export const cache = join(import.meta.dirname, '../../build/vm');

/** Where packages of an architecture are: this machine's own at the top. */
const folderOf = (architecture: DebianArchitecture) => (architecture === ownArchitecture ? cache : join(cache, architecture));

/** Folder with the unpacked files of a package. */
export async function unpackedPackage(name: string, architecture: DebianArchitecture = ownArchitecture): Promise<string> {
  const kept = folderOf(architecture);
  const folder = join(kept, name);
  await mkdir(kept, { recursive: true });
  if ((await readdir(kept)).includes(name)) return folder;
  const work = await mkdtemp(join(kept, 'fetching-'));
  try {
    await download(name, architecture, work);
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

async function download(name: string, architecture: DebianArchitecture, cwd: string): Promise<void> {
  const get = async () => run('apt-get', [...(await aptOptions(architecture)), 'download', name], { cwd });
  await get()
    .catch(async (error: unknown) => {
      if (architecture === ownArchitecture) throw error;
      // A list of an earlier day may name versions that are gone.
      await updateLists(architecture);
      return get();
    })
    .catch((cause: unknown) => {
      throw new Error(`cannot download Debian's package ${name} for ${architecture}: try apt-get update`, { cause });
    });
}

/** Name of Debian's current kernel for virtual machines: small, quick to boot, with KVM and tun. */
export async function kernelPackage(architecture: DebianArchitecture = ownArchitecture): Promise<string> {
  const kept = folderOf(architecture);
  await mkdir(kept, { recursive: true });
  const unpacked = (await readdir(kept)).find(
    (name) => name.startsWith('linux-image-') && name.endsWith(`-cloud-${architecture}`),
  );
  if (unpacked !== undefined) return unpacked;
  const look = async () => {
    const { stdout } = await run('apt-cache', [
      ...(await aptOptions(architecture)),
      'depends',
      `linux-image-cloud-${architecture}`,
    ]).catch(() => ({ stdout: '' }));
    return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  };
  let name = await look();
  if (name === undefined && architecture !== ownArchitecture) {
    await updateLists(architecture);
    name = await look();
  }
  if (name === undefined) throw new Error(`apt knows no package linux-image-cloud-${architecture}: try apt-get update`);
  return name;
}

/**
 * Options that let apt look up packages of another architecture in lists of its own: the system's lists, and which architectures
 * it has, stay as they are (apt.conf(5)).
 */
async function aptOptions(architecture: DebianArchitecture): Promise<readonly string[]> {
  if (architecture === ownArchitecture) return [];
  if (!(await readdir(stateOf(architecture)).catch((): readonly string[] => [])).includes('lists'))
    await updateLists(architecture);
  return privateState(architecture);
}

const stateOf = (architecture: DebianArchitecture) => join(cache, `apt-${architecture}`);

function privateState(architecture: DebianArchitecture): readonly string[] {
  const state = stateOf(architecture);
  return [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    `Dir::State=${state}`,
    `Dir::State::status=${join(state, 'status')}`,
    `Dir::Cache=${join(state, 'cache')}`,
  ].flatMap((option) => ['-o', option]);
}

async function updateLists(architecture: DebianArchitecture): Promise<void> {
  const state = stateOf(architecture);
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(state, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(state, 'status'), '');
  // A source of somebody else's may have nothing for this architecture: what is missing is said when it is asked for.
  await run('apt-get', [...privateState(architecture), 'update', '-qq'], { maxBuffer: 16 << 20 }).catch(() => undefined);
}
