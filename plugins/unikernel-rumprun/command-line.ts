/**
 * The command line of rumprun: one JSON object, whose keys are executed in their order, each as often as it is there
 * (nabla-containers/rumprun lib/librumprun_base/config.c, rumprun_config).
 */
import type { NetworkDevice } from '../../core/plugin.ts';
import { networkKeys } from './network.ts';
import { programKey } from './program.ts';
import { refusal, string } from './string.ts';

export interface RumprunOptions {
  /** With the program's name in front. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly hostname: string | undefined;
  readonly network: NetworkDevice | undefined;
  /** Where the disk is mounted; undefined where there is none. */
  readonly mountPoint: string | undefined;
}

export interface RumprunCommandLine {
  readonly text: string;
  /** What could not be told to it, and does not keep it from running. */
  readonly warnings: readonly string[];
}

/** Wherever it stands, rumprun would read its whole configuration from the file behind it (config.c, ROOTCFG). */
const hijack = '_RUMPRUN_ROOTFSCFG=';

/** @throws an error with ERR_COMMAND_LINE or ERR_DEVICE for what rumprun cannot be told exactly */
export function rumprunCommandLine({ args, env, cwd, hostname, network, mountPoint }: RumprunOptions): RumprunCommandLine {
  const net = network ? networkKeys(network) : { keys: [], warnings: [] };
  const keys = [
    ...(hostname === undefined ? [] : [`"hostname":${string(hostname, 'the host name')}`]),
    ...env.map((variable) => `"env":${environment(variable)}`),
    ...net.keys,
    ...(mountPoint === undefined ? [] : [blockKey(mountPoint)]),
    // After the disk, which most working directories are on.
    ...(cwd === '/' ? [] : [`"cwd":${string(cwd, 'the working directory')}`]),
    programKey(args),
  ];
  const text = `{${keys.join(',')}}`;
  if (text.includes(hijack))
    throw refusal(`${JSON.stringify(hijack)} in an argument or variable, which means something else to it`);
  return { text, warnings: net.warnings };
}

/** putenv(3) of NetBSD refuses what has no name, and rumprun ends. */
function environment(variable: string): string {
  if (variable.indexOf('=') < 1) throw refusal(`the environment variable ${JSON.stringify(variable)}, which is not NAME=VALUE`);
  return string(variable, 'the environment variable');
}

/** The one disk. Tried are LFS, ISO 9660 (read-only), FFS and ext2, whatever `path` says (mount_blk, mounters). */
function blockKey(mountPoint: string): string {
  return `"blk":{"source":"etfs","path":"/dev/ld0a","fstype":"blk","mountpoint":${string(mountPoint, 'the mount point')}}`;
}
