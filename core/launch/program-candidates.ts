/** Where in an image a program may be: the part of execvp(3) that needs no file system. */
import { RunncError } from '../errors.ts';
import { quoted } from './quoted.ts';

export interface ProgramRequest {
  /** Path of the root file system on the host. */
  readonly rootfs: string;
  /** process.args of config.json. */
  readonly args: readonly string[];
  /** process.env of config.json. */
  readonly env: readonly string[];
  /** process.cwd of config.json: what a relative path with a slash starts from. */
  readonly cwd?: string;
}

/** Where programs are when the container's environment has no PATH (the value Docker gives to images without one). */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// Each entry costs a system call, and the environment comes from the image.
const MOST_ENTRIES = 256;

export interface Candidates {
  readonly name: string;
  /** Absolute paths inside the rootfs, in the order to try. */
  readonly paths: readonly string[];
}

/**
 * The places to look for args[0]. With a slash in it that is one; without, the entries of PATH and then the top of the rootfs.
 * That last one is more than runc does: images FROM scratch often have nothing but the program there and no PATH that says so, and
 * as it is looked at last, it only ever replaces a failure. Entries of PATH that are empty or relative mean the working
 * directory to a shell; they are passed over.
 */
export function candidates({ args, env, cwd = '/' }: Omit<ProgramRequest, 'rootfs'>): Candidates {
  const name = args[0];
  if (name === undefined || name === '') {
    throw new RunncError('ERR_NO_PROGRAM', 'the container has no program to start (process.args is empty)', {
      hint: 'give the image an ENTRYPOINT or CMD, or name the program on the command line',
    });
  }
  if (name.includes('\0')) throw new RunncError('ERR_NO_PROGRAM', `program ${quoted(name)} has a NUL byte in its name`);
  if (name.startsWith('/')) return { name, paths: [name] };
  if (name.includes('/')) {
    if (cwd.includes('\0'))
      throw new RunncError('ERR_NO_PROGRAM', `the working directory ${quoted(cwd)} has a NUL byte in its name`);
    // Not normalised: after a symlink `..` means something else, which only the kernel knows.
    return { name, paths: [join(cwd.startsWith('/') ? cwd : `/${cwd}`, name)] };
  }
  const searched = (variable(env, 'PATH') ?? defaultPath)
    .split(':', MOST_ENTRIES)
    .filter((entry) => entry.startsWith('/') && !entry.includes('\0'));
  return { name, paths: [...new Set([...searched, '/'].map((folder) => join(folder, name)))] };
}

function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** The value of a variable; of several the last, which is what runc leaves in the environment. */
function variable(env: readonly string[], name: string): string | undefined {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
