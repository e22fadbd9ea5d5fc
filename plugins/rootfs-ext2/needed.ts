/** Whether a guest has use for a root that it can write to, where nobody has said anything. */
import type { Container, Unikernel } from '../../core/plugin.ts';

/**
 * An ISO image costs less, as containers share it. It is ext2 where a volume that is to be written would be in the root, and the
 * unikernel is known to mount ext2.
 */
export function isNeeded({ mounts }: Container, { fileSystems = [] }: Unikernel): boolean {
  return fileSystems.includes('ext2') && mounts.some(isWritten);
}

const engines = /^\/(?:dev|proc|sys)(?:\/|$)|^\/etc\/(?:resolv\.conf|hosts|hostname)$/;

function isWritten({ destination, type, options = [] }: Container['mounts'][number]): boolean {
  const isVolume = type === 'bind' || type === 'tmpfs' || options.some((option) => option === 'bind' || option === 'rbind');
  return isVolume && !engines.test(destination) && options.findLast((option) => option === 'ro' || option === 'rw') !== 'ro';
}
