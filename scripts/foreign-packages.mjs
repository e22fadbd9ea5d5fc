/**
 * npm packages for another processor than this machine's: Bun, which goes into the executable, and koffi's addon. npm installs what
 * package-lock.json says, with its checksums, in a folder of its own, once.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);

/** Returns the folder node_modules that has them. @param {string} processor Node's name: `arm64`. */
export function foreignPackages(processor) {
  const folder = path.join(root, 'build', `packages-${processor}`);
  if (isCurrent(folder)) return path.join(folder, 'node_modules');
  mkdirSync(path.dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(path.join(root, file), path.join(work, file));
    const wanted = ['--omit=dev', '--include=optional', '--os=linux', `--cpu=${processor}`, '--libc=glibc'];
    execFileSync('npm', ['ci', ...wanted, '--no-progress', '--loglevel=error'], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path.join(folder, 'node_modules');
}

/** Whether the folder is complete (it is renamed into place) and was made from the lock file as it is now. */
function isCurrent(folder) {
  const lock = (place) => readFileSync(path.join(place, 'package-lock.json'), 'utf8');
  return existsSync(path.join(folder, 'node_modules')) && lock(folder) === lock(root);
}
