/** What a process may do: capabilities, users, and the system call filter. */
import type { Op } from '../../plugin.ts';
import { build, struct } from './op.ts';
import { prctl } from './process.ts';

export const noNewPrivileges = (): Op => prctl(38, 1, 0, { label: 'setting no_new_privs' }); // PR_SET_NO_NEW_PRIVS

/** Drops one capability from the bounding set (PR_CAPBSET_DROP); a number that the kernel does not know is passed over. */
export const dropBounding = (capability: number): Op =>
  prctl(24, capability, 0, { label: `dropping capability ${capability}`, optional: true });

/** Empties the effective, permitted and inheritable sets (capset(2), _LINUX_CAPABILITY_VERSION_3). */
export function dropCapabilities(): Op {
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, 0x20080522, true);
  return build('capset', 'dropping capabilities')([header, new Uint8Array(24)]);
}

export function setgroups(groups: readonly number[]): Op {
  return build(
    'setgroups',
    'setting additional groups',
  )([groups.length, groups.length ? new Uint8Array(Uint32Array.from(groups).buffer) : 0]);
}

export const setgid = (gid: number): Op => build('setresgid', `becoming group ${gid}`)([gid, gid, gid]);

export const setuid = (uid: number): Op => build('setresuid', `becoming user ${uid}`)([uid, uid, uid]);

/** Flags of seccomp(2), linux/seccomp.h. */
export const SECCOMP_FLAG = { log: 2, specAllow: 4 } as const;

/** Installs a classic BPF program (array of struct sock_filter) as a system call filter of this process. */
export function installFilter(program: Uint8Array, flags: number, label = 'installing the system call filter'): Op {
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint16(0, program.length / 8, true);
  return build('seccomp', label)([1, flags, struct(header, [{ at: 8, to: program }])]); // SECCOMP_SET_MODE_FILTER
}
