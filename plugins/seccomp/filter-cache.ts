/**
 * Compiled filters on disk, by content: `KEY.bpf` holds the SHA-256 of the program and then the program.
 *
 * Many runtimes use the folder at once. A file appears whole (rename) or not at all; whoever comes second replaces it with
 * the same bytes; and as each is checked before use, one that is damaged is as good as absent.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../core/plugin.ts';

type Hasher = Pick<Host, 'sha256'>;

const CHECKSUM_SIZE = 32;
const INSTRUCTION_SIZE = 8; // sizeof(struct sock_filter), linux/filter.h
const LARGEST_FILE = CHECKSUM_SIZE + 4096 * INSTRUCTION_SIZE; // BPF_MAXINSNS, linux/bpf_common.h
const WRITABLE_BY_OTHERS = 0o022;
const MOST_FILES = 256;
/** A temporary file this old belongs to a process that died. */
const ABANDONED_AFTER_MS = 60_000;

const fileOf = (directory: string, key: string) => join(directory, `${key}.bpf`);

/** The program kept under `key`; undefined if there is none that can be trusted. */
export function readCached({ sha256 }: Hasher, directory: string, key: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(fileOf(directory, key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined; // absent, or a symbolic link: either way it is made anew
  }
  try {
    const { size, uid, mode } = fstatSync(fd);
    const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isRegular || uid !== process.geteuid?.() || (mode & WRITABLE_BY_OTHERS) !== 0) return undefined;
    if (size <= CHECKSUM_SIZE || size > LARGEST_FILE || size % INSTRUCTION_SIZE !== 0) return undefined;
    const bytes = Buffer.alloc(size);
    if (readSync(fd, bytes, 0, size, 0) !== size) return undefined;
    const program = bytes.subarray(CHECKSUM_SIZE);
    return sha256(program).equals(bytes.subarray(0, CHECKSUM_SIZE)) ? program : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Keeps the program, and drops the oldest ones when there are too many. */
export function writeCached({ sha256 }: Hasher, directory: string, key: string, program: Uint8Array): void {
  const temporary = join(directory, `${key}.${process.pid}.${process.hrtime.bigint()}.tmp`);
  try {
    writeFileSync(temporary, Buffer.concat([sha256(program), program]), { flag: 'wx', mode: 0o600 });
    renameSync(temporary, fileOf(directory, key));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  prune(directory);
}

function prune(directory: string): void {
  const names = readdirSync(directory);
  const kept: { readonly path: string; readonly modified: number }[] = [];
  for (const name of names) {
    if (!name.endsWith('.bpf') && !name.endsWith('.tmp')) continue;
    const path = join(directory, name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (modified === undefined) continue; // another runtime was faster
    if (name.endsWith('.bpf')) kept.push({ path, modified });
    else if (Date.now() - modified > ABANDONED_AFTER_MS) rmSync(path, { force: true });
  }
  kept.sort((a, b) => b.modified - a.modified);
  for (const { path } of kept.slice(MOST_FILES)) rmSync(path, { force: true });
}
