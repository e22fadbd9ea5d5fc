/** Numbers of the second extended file system, revision 1 (Linux, Documentation/filesystems/ext2.rst; fs/ext2/ext2.h). */

export const magic = 0xef53;
/** Where the superblock is, and how large. */
export const superblockAt = 1024;
export const superblockSize = 1024;
export const descriptorSize = 32;
/** Of the images that are made; a guest that makes its own may have others. */
export const inodeSize = 128;
export const rootInode = 2;
/** The first that is no special one's. */
export const firstInode = 11;
export const directBlocks = 12;
/** Direct, single, double and triple indirect. */
export const pointers = 15;
/** Bytes of a symlink that fit in an inode. */
export const fastLink = 60;
/** Linux's for ext2; the field has 16 bits. */
export const mostLinks = 65_000;

export const INCOMPAT_FILETYPE = 0x2;
export const RO_COMPAT_SPARSE_SUPER = 0x1;
export const RO_COMPAT_LARGE_FILE = 0x2;

/** Types in a mode (linux/stat.h) and in a directory entry. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const entryTypes: Readonly<Record<number, number>> = {
  [S_IFREG]: 1,
  [S_IFDIR]: 2,
  [S_IFCHR]: 3,
  [S_IFBLK]: 4,
  [S_IFIFO]: 5,
  [S_IFSOCK]: 6,
  [S_IFLNK]: 7,
};

/** Whether a group has a copy of the superblock: 0, 1 and the powers of 3, 5 and 7. */
export function hasSuperblock(group: number): boolean {
  if (group < 2) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

/** Whole seconds as the field has them: 32 bits with a sign. */
export const seconds = (milliseconds: number): number =>
  Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.floor(milliseconds / 1000)));
