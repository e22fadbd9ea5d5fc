/*
 * A small honest ext2 (revision 1, direct and single indirect blocks, no cache): what it has done is on the device when a function
 * returns. Numbers as in Linux, fs/ext2/ext2.h.
 */
#ifndef EXT2_H
#define EXT2_H

#include "guest.h"

#define LARGEST_BLOCK 4096

struct superblock {
	u32 inodes, blocks, reserved, free_blocks, free_inodes, first_data_block, log_block_size, log_fragment_size;
	u32 blocks_per_group, fragments_per_group, inodes_per_group, mounted, written;
	u16 mounts, most_mounts, magic, state;
	u8 rest[1024 - 60];
};

struct group {
	u32 bitmap, inode_bitmap, table;
	u16 free_blocks, free_inodes, folders;
	u8 rest[14];
};

struct inode {
	u16 mode, uid;
	u32 size, accessed, changed, modified, deleted;
	u16 gid, links;
	u32 sectors, flags, system;
	u32 blocks[15];
	u32 generation, attributes, size_high, fragment;
	u16 fragment_number, padding, uid_high, gid_high;
	u32 rest;
};

struct entry {
	u32 inode;
	u16 size;
	u8 length, type;
	char name[];
};

_Static_assert(sizeof(struct superblock) == 1024 && sizeof(struct group) == 32 && sizeof(struct inode) == 128, "as on the disk");

/* blocks.c; everything is about the device that was mounted last. 0 is an error unless told otherwise. */
extern u32 block_size;
int mount_device(const struct guest *guest, u32 handle);
void read_at(u32 block, void *into);
void write_at(u32 block, const void *from);
void read_inode(u32 number, struct inode *inode);
void write_inode(u32 number, const struct inode *inode);
u32 take_block(void);
u32 take_inode(int folder);
void free_inode(u32 number, struct inode *inode);
/* The block of the file's nth block; made if need be. */
u32 block_of(struct inode *inode, u32 index, int make);
u32 now(void);

/* files.c; paths are absolute. They answer 0 if it is well. */
u32 find(const char *path);
int write_file(const char *path, const void *bytes, u32 size);
int make_folder(const char *path);
int make_symlink(const char *path, const char *target);
int make_node(const char *path, u16 mode);
int make_link(const char *path, const char *other);
int remove_name(const char *path);
void list_folder(u32 number, const char *path);

/* commands.c: does what the command line says. */
int ext2_commands(const struct guest *guest);

#endif
