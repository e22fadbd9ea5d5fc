/** Container ids: what is allowed, and the name of the folder that an id gets. */
import { RunncError } from '../errors.ts';

const maxLength = 1024;
const allowed = /^[\w+.-]+$/;

/**
 * Checks an id: letters, digits, `_`, `+`, `-` and `.`, at most 1024 of them, and neither `.` nor `..` (as runc does).
 * @throws RunncError ERR_ID
 */
export function checkId(id: string): string {
  if (id === '') throw new RunncError('ERR_ID', 'the container id is empty');
  if (id.length > maxLength)
    throw new RunncError('ERR_ID', `the container id has ${id.length} characters; at most ${maxLength} are allowed`);
  if (!allowed.test(id) || id === '.' || id === '..') {
    throw new RunncError('ERR_ID', `container id ${JSON.stringify(id)} is not valid`, {
      hint: 'use letters, digits and _ + - . only',
    });
  }
  return id;
}

/** Longest id that names its folder itself: file names have 255 bytes, and some are left for our own additions. */
const longestName = 200;

/** The folder's name: the id, or for a long one its beginning and a hash (`~` occurs in no id). */
export function folderName(id: string): string {
  if (id.length <= longestName) return id;
  // Loaded only here: node:crypto would cost every command two milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `${id.slice(0, 64)}~${createHash('sha256').update(id).digest('hex')}`;
}
