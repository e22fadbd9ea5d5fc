/**
 * Opens a character device that has no name in any /dev: of a network namespace, say, whose devices are not those of the host. What
 * its number is, sysfs says, as it is in that namespace; the node lies in a file system that is mounted nowhere. Nothing of this stays
 * behind, also not when this process is killed.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { networkCalls } from '#network-calls';
import type { NetworkCalls } from './network-calls.ts';
import { inNetworkNamespace } from './network-namespace.ts';

/** Numbers of system calls that all architectures share (asm-generic/unistd.h, since Linux 5.2), and one that they do not. */
const SYS = { fsopen: 430, fsconfig: 431, fsmount: 432, mknodat: process.arch === 'arm64' ? 33 : 259 } as const;
const AT_FDCWD = -100; // linux/fcntl.h
const CLOEXEC = 1; // FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC: linux/mount.h
const FSCONFIG_CMD_CREATE = 6;
const S_IFCHR = 0o020000;
const O_NONBLOCK_RDWR = 0o4002;

/** Opens for reading and writing, without blocking, the device whose number is in the file `dev` of a folder of sysfs. */
export async function openDevice(netns: string, folder: string): Promise<number> {
  const calls = await networkCalls();
  const sysfs = await inNetworkNamespace(netns, () => mountNowhere(calls, 'sysfs'));
  let number: string;
  try {
    number = readFileSync(`/proc/self/fd/${sysfs}/${folder}/dev`, 'latin1').trim();
  } finally {
    closeSync(sysfs);
  }
  const files = mountNowhere(calls, 'tmpfs');
  try {
    const node = `/proc/self/fd/${files}/device`;
    const what = `making a node of the device ${number}`;
    const path = Buffer.from(`${node}\0`);
    const [mode, device] = [S_IFCHR | 0o600, deviceNumber(number)];
    calls.syscall(what, SYS.mknodat, AT_FDCWD, path, mode, device);
    return openSync(node, O_NONBLOCK_RDWR);
  } finally {
    closeSync(files);
  }
}

/** A descriptor of the top of a new file system (fsopen(2), fsmount(2)). */
function mountNowhere({ syscall }: NetworkCalls, type: string): number {
  const what = `making a ${type}`;
  const context = syscall(what, SYS.fsopen, Buffer.from(`${type}\0`), CLOEXEC);
  try {
    syscall(what, SYS.fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0);
    return syscall(what, SYS.fsmount, context, CLOEXEC, 0);
  } finally {
    closeSync(context);
  }
}

/** `MAJOR:MINOR` as the kernel takes it (new_encode_dev of linux/kdev_t.h). */
function deviceNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(':').map(Number);
  return (((major & 0xfff) << 8) | (minor & 0xff) | ((minor & ~0xff) << 12)) >>> 0;
}
