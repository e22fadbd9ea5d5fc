/** Which programs of Docker this machine has. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export interface Programs {
  readonly containerd: string;
  readonly dockerd: string;
  readonly docker: string;
}

/** Debian's own first: a client beside it in /usr/local may be years apart from the daemon. */
const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(':')];

/** The programs, or an error that says which is missing and where it comes from. */
export function findPrograms(): Programs {
  return { containerd: find('containerd'), dockerd: find('dockerd'), docker: find('docker') };
}

function find(name: string): string {
  const found = folders.map((folder) => path.join(folder, name)).find(isExecutable);
  if (found === undefined) throw new Error(`${name} is missing: apt-get install docker.io`);
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
