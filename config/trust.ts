/** Whose word runnc takes: configuration and plugins are code, and runnc runs as root on behalf of people who are not. */
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../core/errors.ts';

/** S_IWGRP | S_IWOTH, sys/stat.h. An access list (acl(5)) that lets somebody write shows in the group's bit. */
const WRITABLE_BY_OTHERS = 0o022;
/** Far more than a plugin has. */
const MOST_FILES = 20_000;

/**
 * The real path of a file that only root can change: it and every folder above belong to root and can be written by no
 * other. A symbolic link is judged by what it resolves to. The sticky bit does not help: in /tmp anybody can make a file.
 */
export function trustedPath(file: string): string {
  const real = resolve(file);
  const shown = real === file ? file : `${file} (that is, ${real})`;
  if (!lstatSync(real).isFile()) throw refusal(shown, 'it is not a regular file', 'give the path of a file');
  judgeUpward(real, shown);
  return real;
}

/** The same for a folder and all that is in it: a module imports others that stand beside it. */
export function trustedFolder(folder: string): string {
  const real = resolve(folder);
  const shown = real === folder ? folder : `${folder} (that is, ${real})`;
  judgeUpward(real, shown);
  const entries = readdirSync(real, { recursive: true, withFileTypes: true });
  if (entries.length > MOST_FILES) throw refusal(shown, `it has more than ${MOST_FILES} files`, 'a plugin is smaller than that');
  for (const entry of entries) {
    const at = path.join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) judgeLink(at, shown);
    else judge(lstatSync(at), at, at, shown);
  }
  return real;
}

function judgeUpward(real: string, shown: string): void {
  for (let at = real; ; at = path.dirname(at)) {
    judge(lstatSync(at), at, at === real ? 'it' : at, shown);
    if (at === path.dirname(at)) return;
  }
}

/** A link that leads nowhere is nothing to import. */
function judgeLink(link: string, shown: string): void {
  let real: string;
  try {
    real = realpathSync.native(link);
  } catch {
    return;
  }
  judgeUpward(real, `${shown}, whose ${link} is ${real},`);
}

function judge({ uid, mode }: Stats, at: string, what: string, shown: string): void {
  if (uid !== 0) {
    const fix = `let it belong to root (chown root ${at}), or keep the file in /etc/runnc`;
    throw refusal(shown, `${what} belongs to user ${uid}`, fix);
  }
  if ((mode & WRITABLE_BY_OTHERS) === 0) return;
  const fix =
    (mode & 0o1000) === 0 ? `forbid it (chmod go-w ${at}), or keep the file in /etc/runnc` : 'keep the file in /etc/runnc';
  const shownMode = (mode & 0o7777).toString(8).padStart(4, '0');
  throw refusal(shown, `${what} can be written by others than root (mode ${shownMode})`, fix);
}

const refusal = (shown: string, why: string, hint: string) =>
  new RunncError('ERR_CONFIG', `${shown} is not trusted: ${why}`, { hint });

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
