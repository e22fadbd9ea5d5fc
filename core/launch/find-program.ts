/**
 * Finds the program of a container in its root file system, as execvp(3) would inside of it: nothing in the image, no symlink
 * and no `..`, leads out of the rootfs (openat2(2), RESOLVE_IN_ROOT).
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { RunncError, SysError } from '../errors.ts';
import { O_CLOEXEC, O_PATH, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../sys/openat2.ts';
import { candidates, type ProgramRequest } from './program-candidates.ts';
import { quoted } from './quoted.ts';

/** A regular file in the rootfs, open for reading. The caller closes it. */
export interface ProgramFile {
  /** Path inside the rootfs, symlinks resolved; as it was asked for where the kernel does not tell. For messages, and to be looked up again. */
  readonly path: string;
  readonly fd: number;
  readonly size: number;
}

/**
 * Opens the program that args[0] names. The executable bit is not asked for: unikernels that came into an image with COPY often
 * lack it, and it is not the kernel that executes them.
 */
export async function findProgram(request: ProgramRequest): Promise<ProgramFile> {
  const { name, paths } = candidates(request);
  const root = openRoot(request.rootfs);
  try {
    let refused: RunncError | undefined;
    for (const path of paths) {
      try {
        const found = await openRegular(root, path);
        if (found) return found;
      } catch (error) {
        // As execvp: go on, but a program that is there and cannot be used is better news than one that is nowhere.
        if (!(error instanceof RunncError && error.code === 'ERR_NO_PROGRAM')) throw error;
        refused ??= error;
      }
    }
    throw refused ?? nowhere(name, paths);
  } finally {
    closeSync(root);
  }
}

function openRoot(rootfs: string): number {
  try {
    return openSync(rootfs, O_PATH | constants.O_DIRECTORY | O_CLOEXEC);
  } catch (cause) {
    throw new RunncError('ERR_BUNDLE', `the root file system ${quoted(rootfs)} cannot be opened: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function openRegular(root: number, path: string): Promise<ProgramFile | undefined> {
  // O_PATH: the image may hold device nodes, and merely opening some of them has effects on the host (a watchdog, a tape).
  const place = await openPlace(root, path);
  if (place === undefined) return undefined;
  try {
    const stat = fstatSync(place);
    if (!stat.isFile()) throw unusable(path, `is ${kindOf(stat)}, not a regular file`);
    const inside = insideRoot(root, place) ?? path;
    return { path: inside, fd: reopen(place, path), size: stat.size };
  } finally {
    closeSync(place);
  }
}

/** An O_PATH descriptor of what is at `path`, or undefined if nothing is. */
async function openPlace(root: number, path: string): Promise<number | undefined> {
  try {
    const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return await openat2(`opening program ${quoted(path)}`, root, path, { flags: O_PATH | O_CLOEXEC, resolve });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    switch (error.errnoName) {
      case 'ENOENT':
      case 'ENOTDIR':
        return undefined;
      case 'ELOOP':
        throw unusable(path, 'is a symbolic link that leads in a circle, or through /proc to a running process');
      case 'ENAMETOOLONG':
        throw unusable(path, 'has a name that is too long');
      case 'EACCES':
        throw unusable(path, 'is out of reach: a directory on its path may not be searched');
      case 'ENOSYS':
        throw new RunncError(
          'ERR_UNSUPPORTED',
          'this kernel has no openat2, without which programs in images cannot be opened safely',
          {
            hint: 'Linux 5.6 or later is needed',
            cause: error,
          },
        );
      default:
        throw error;
    }
  }
}

/** Opens for reading what is held by an O_PATH descriptor: the very same inode, whatever has happened to its path since. */
function reopen(place: number, path: string): number {
  try {
    return openSync(`/proc/self/fd/${place}`, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC);
  } catch (cause) {
    throw unusable(path, `cannot be read: ${(cause as Error).message}`);
  }
}

/** Path of `place` as seen from `root`; undefined if the kernel does not show it beneath (a lazily unmounted rootfs, say). */
function insideRoot(root: number, place: number): string | undefined {
  try {
    const [above, path] = [readlinkSync(`/proc/self/fd/${root}`), readlinkSync(`/proc/self/fd/${place}`)];
    if (above === '/') return path;
    return path.startsWith(`${above}/`) ? path.slice(above.length) : undefined;
  } catch {
    return undefined; // ENAMETOOLONG: symlinks in the image can lead deeper than PATH_MAX
  }
}

function kindOf(stat: ReturnType<typeof fstatSync>): string {
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isSymbolicLink() ? 'a symbolic link' : 'a device';
}

function unusable(path: string, what: string): RunncError {
  return new RunncError('ERR_NO_PROGRAM', `program ${quoted(path)} ${what}`, { hint: "check the image's ENTRYPOINT and CMD" });
}

function nowhere(name: string, paths: readonly string[]): RunncError {
  const shown = paths.slice(0, 8).map(quoted).join(', ') + (paths.length > 8 ? ', ...' : '');
  // Docker ends with status 127, as for runc, where it reads the last words.
  const sentence = `program ${quoted(name)} is not in the image (looked for ${shown}): no such file or directory`;
  return new RunncError('ERR_NO_PROGRAM', sentence, {
    hint: "check the image's ENTRYPOINT and CMD, and that they name the file as it is in the image",
  });
}
