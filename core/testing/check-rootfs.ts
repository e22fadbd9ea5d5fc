/** What every plugin for root file systems must do. What is wrong is thrown, as an error with a sentence. */
import { chownSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import type { BlockDevice, Program, Unikernel } from '../plugin.ts';
import type { Harness } from './harness.ts';

/**
 * A rootfs plugin gives an image from which the tree comes back as it was: names, kinds, modes, owners, links, sizes, contents. `extract`
 * unpacks the image into an empty folder by means that are not the plugin's (bsdtar, debugfs). What was taken is given back, twice and
 * after a crash. Needs root, for owners.
 */
export async function checkRootfs(
  { hooks, container, ...under }: Harness,
  unikernel: Unikernel,
  extract: (image: BlockDevice, folder: string) => Promise<void> | void,
): Promise<void> {
  writeTree(container.rootfs);
  const expected = listing(container.rootfs);
  const [device] = unikernel.devices.filter(({ kind }) => kind === 'block');
  if (!device) throw new Error('the unikernel of this check declares no block device');
  const ask = async () => {
    const image = await hooks.rootfs.promise(container, unikernel, device, { path: container.args[0] } as Program);
    if (!image) throw new Error('it answers with a block device');
    return image;
  };
  const image = await ask();
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-tree-'));
  try {
    await extract(image, folder);
    const found = listing(folder);
    const missing = expected.find((line) => !found.includes(line));
    if (missing !== undefined) throw new Error(`the tree comes back as it was: ${missing} is not there`);
    const more = found.find((line) => !expected.includes(line));
    if (more !== undefined) throw new Error(`the tree comes back as it was: ${more} is there, and was not`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const gone = (when: string) => {
    // An image that somebody else has made is none of its business.
    if (under.taken.length > 0 || (image.path.startsWith(`${under.folder}/`) && existsSync(image.path)))
      throw new Error(`what it took is given back: ${image.path} is there ${when}`);
  };
  await under.release();
  gone('after delete');
  await under.releaseAgain();
  await ask();
  await under.releaseAfterCrash();
  gone('after a crash and delete');
}

/** Names, sizes and kinds that root images tend to get wrong. */
function writeTree(top: string): void {
  const files = {
    'plain.txt': 'text',
    empty: '',
    'with blank': 'x',
    [`${'n'.repeat(200)}.txt`]: 'long',
    ümläut: 'é',
    'UPPER.lower.tar.gz': 'case',
    page: 'p'.repeat(4096),
    more: 'm'.repeat(4097),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(top, name), content, { mode: 0o640 });
  mkdirSync(path.join(top, 'a/b/c/d/e/f/g/h/i/j'), { recursive: true });
  mkdirSync(path.join(top, 'empty-folder'));
  symlinkSync('../plain.txt', path.join(top, 'a/link'));
  symlinkSync('/does/not/exist', path.join(top, 'a/dangling'));
  writeFileSync(path.join(top, 'a/b/script'), '#!', { mode: 0o755 });
  linkSync(path.join(top, 'page'), path.join(top, 'a/same'));
  chownSync(path.join(top, 'with blank'), 1000, 100_000);
  utimesSync(path.join(top, 'plain.txt'), 1_234_567_890, 1_234_567_890);
}

/**
 * A line for each file: kind, mode, owner, name, and for what is no folder time, size and target of a link; then sums of the contents. Sizes of
 * folders differ between file systems.
 */
function listing(top: string): readonly string[] {
  const folders = ['-type', 'd', '-printf', 'd %m %U:%G - %P\\n'];
  const files = ['-type', 'f', '-printf', 'f %m %U:%G %Ts %s %P\\n'];
  const others = ['-printf', '%y %U:%G %P %l\\n'];
  const { stdout } = execaSync('find', [top, '-mindepth', '1', '(', ...folders, '-o', ...files, '-o', ...others, ')']);
  const { stdout: sums } = execaSync('find', ['.', '-type', 'f', '-exec', 'sha256sum', '{}', '+'], { cwd: top });
  return [...stdout.split('\n'), ...sums.split('\n')].sort();
}
