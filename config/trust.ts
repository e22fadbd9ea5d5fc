/** Whose word runnc takes: configuration may be code, and runnc runs as root on behalf of people who are not. */
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../core/errors.ts';

/** S_IWGRP | S_IWOTH, sys/stat.h. An access list (acl(5)) that lets somebody write shows in the group's bit. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The real path of a file that only root can change: it and every folder above belong to root and can be written by no
 * other. A symbolic link is judged by what it resolves to. The sticky bit does not help: in /tmp anybody can make a file.
 */
export function trustedPath(file: string): string {
  const real = resolve(file);
  const shown = real === file ? file : `${file} (that is, ${real})`;
  for (let at = real; ; at = path.dirname(at)) {
    const stat = lstatSync(at);
    const what = at === real ? 'it' : at;
    const refuse = (why: string, fix: string): never => {
      throw new RunncError('ERR_CONFIG', `${shown} is not trusted: ${what} ${why}`, { hint: fix });
    };
    if (at === real && !stat.isFile()) refuse('is not a regular file', 'give the path of a file');
    if (stat.uid !== 0)
      refuse(`belongs to user ${stat.uid}`, `let it belong to root (chown root ${at}), or keep the file in /etc/runnc`);
    if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
      const fix =
        (stat.mode & 0o1000) === 0
          ? `forbid it (chmod go-w ${at}), or keep the file in /etc/runnc`
          : 'keep the file in /etc/runnc';
      refuse(`can be written by others than root (mode ${mode})`, fix);
    }
    if (at === path.dirname(at)) return real;
  }
}

function resolve(file: string): string {
  try {
    return realpathSync.native(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new RunncError('ERR_CONFIG', code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read: ${code}`, {
      cause,
    });
  }
}
