/** Which kernel parameters a container may set: those of its own namespaces. The others are the host's. */
import { statSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { quote } from './explain.ts';
import type { Namespace, NamespaceType } from './types.ts';

/** Parameters of the ipc namespace beside fs.mqueue.* (namespaces(7)). */
const ipc = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map((name) => `kernel.${name}`),
);

/** Throws unless each parameter belongs to a namespace that the container has for itself. */
export function checkSysctls(sysctl: Readonly<Record<string, string>>, namespaces: readonly Namespace[]): void {
  for (const name of Object.keys(sysctl)) {
    const refuse = (why: string, hint?: string): never => {
      throw new RunncError('ERR_BUNDLE', `config.json: linux.sysctl[${quote(name)}] ${why}`, hint === undefined ? {} : { hint });
    };
    if (sysctlPath(name) === undefined) refuse('is not the name of a kernel parameter');
    if (withDots(name) === 'kernel.hostname') refuse('is set by hostname', 'use hostname');
    const owner = ownerOf(withDots(name));
    if (owner === undefined) refuse('is not a parameter of a namespace');
    const namespace = namespaces.find(({ type }) => type === owner);
    if (namespace === undefined) refuse(`needs a namespace of type ${owner}`, `add { "type": "${owner}" } to linux.namespaces`);
    if (owner === 'network' && namespace?.path !== undefined && isOurs(namespace.path)) refuse("would change the host's network");
  }
}

/** The file beneath /proc/sys, or undefined if the name would lead elsewhere. Dots part the name, or slashes do (sysctl(8)). */
export function sysctlPath(name: string): string | undefined {
  const parts = withDots(name)
    .split('.')
    .map((part) => part.replaceAll('/', '.'));
  return parts.some((part) => part === '' || part === '.' || part === '..') ? undefined : parts.join('/');
}

/** `net/ipv4/conf/eth0.100/rp_filter` as `net.ipv4.conf.eth0/100.rp_filter`: the first of the two is what parts the name. */
function withDots(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'));
}

function ownerOf(name: string): NamespaceType | undefined {
  if (name.startsWith('net.')) return 'network';
  if (ipc.has(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  if (name === 'kernel.domainname') return 'uts';
  return undefined;
}

/** Whether a path is the network namespace in which runnc itself runs. */
function isOurs(path: string): boolean {
  try {
    const joined = statSync(path);
    const own = statSync('/proc/self/ns/net');
    return joined.ino === own.ino && joined.dev === own.dev;
  } catch {
    return false; // Not there, or not readable: joining it will fail, and say so.
  }
}
