/* Files and folders of an ext2 file system, by their paths. */
#include "ext2.h"

static u8 folder_block[LARGEST_BLOCK];

static unsigned length_of(const char *text)
{
	unsigned length = 0;
	while (text[length])
		length++;
	return length;
}

static int is_named(const struct entry *entry, const char *name, unsigned length)
{
	if (!entry->inode || entry->length != length)
		return 0;
	for (unsigned i = 0; i < length; i++)
		if (entry->name[i] != name[i])
			return 0;
	return 1;
}

/* Its block is in `folder_block`, the block's number in `*block`. */
static struct entry *entry_in(u32 folder, const char *name, unsigned length, u32 *block)
{
	struct inode inode;
	read_inode(folder, &inode);
	for (u32 index = 0; index < inode.size / block_size; index++) {
		*block = block_of(&inode, index, 0);
		read_at(*block, folder_block);
		for (u32 at = 0; at < block_size; at += ((struct entry *)(folder_block + at))->size)
			if (is_named((struct entry *)(folder_block + at), name, length))
				return (struct entry *)(folder_block + at);
	}
	return 0;
}

/* The folder that a path is in, and where its last name begins. */
static u32 folder_of(const char *path, const char **name)
{
	u32 number = 2, block;
	while (*path == '/')
		path++;
	for (;;) {
		unsigned length = 0;
		while (path[length] && path[length] != '/')
			length++;
		*name = path;
		if (!path[length])
			return number;
		struct entry *entry = entry_in(number, path, length, &block);
		if (!entry)
			return 0;
		number = entry->inode;
		path += length + 1;
	}
}

u32 find(const char *path)
{
	const char *name;
	u32 block, folder = folder_of(path, &name);
	if (folder && !*name)
		return folder;
	struct entry *entry = folder ? entry_in(folder, name, length_of(name), &block) : 0;
	return entry ? entry->inode : 0;
}

static u32 need(unsigned length) { return (8 + length + 3) & ~3u; }

static int add_entry(u32 folder, const char *name, u32 number, u8 type)
{
	struct inode inode;
	unsigned length = length_of(name);
	read_inode(folder, &inode);
	inode.modified = inode.changed = now();
	for (u32 index = 0;; index++) {
		int is_new = index == inode.size / block_size;
		u32 block = block_of(&inode, index, 1);
		if (!block)
			return 1;
		read_at(block, folder_block);
		if (is_new) {
			inode.size += block_size;
			((struct entry *)folder_block)->size = block_size;
		}
		for (u32 at = 0; at < block_size;) {
			struct entry *entry = (struct entry *)(folder_block + at);
			u32 used = entry->inode ? need(entry->length) : 0;
			if (entry->size - used < need(length)) {
				at += entry->size;
				continue;
			}
			struct entry *made = (struct entry *)(folder_block + at + used);
			u16 size = entry->size - used;
			if (used)
				entry->size = used;
			*made = (struct entry){.inode = number, .size = size, .length = length, .type = type};
			memcpy(made->name, name, length);
			write_at(block, folder_block);
			write_inode(folder, &inode);
			return 0;
		}
	}
}

/* A new inode under a new name; its number, or 0. */
static u32 create(const char *path, u16 mode, u8 type)
{
	const char *name;
	u32 folder = folder_of(path, &name), number = folder && !find(path) ? take_inode(type == 2) : 0;
	struct inode inode = {.mode = mode, .links = 1, .accessed = now(), .changed = now(), .modified = now()};
	if (!number)
		return 0;
	write_inode(number, &inode);
	return add_entry(folder, name, number, type) ? 0 : number;
}

/* The file is made, or what was in it is replaced in place. */
int write_file(const char *path, const void *bytes, u32 size)
{
	static u8 block[LARGEST_BLOCK];
	struct inode inode;
	u32 number = find(path);
	if (!number)
		number = create(path, 0100644, 1);
	if (!number)
		return 1;
	read_inode(number, &inode);
	for (u32 at = 0; at < size; at += block_size) {
		u32 where = block_of(&inode, at / block_size, 1);
		if (!where)
			return 1;
		read_at(where, block);
		memcpy(block, (const u8 *)bytes + at, size - at < block_size ? size - at : block_size);
		write_at(where, block);
	}
	if (inode.size < size || size == 0)
		inode.size = size;
	inode.modified = inode.changed = now();
	write_inode(number, &inode);
	return 0;
}

int make_folder(const char *path)
{
	const char *name;
	struct inode inode, above;
	u32 folder = folder_of(path, &name), number = create(path, 0040755, 2);
	if (!number)
		return 1;
	read_inode(number, &inode);
	u32 block = block_of(&inode, 0, 1);
	memset(folder_block, 0, block_size);
	*(struct entry *)folder_block = (struct entry){.inode = number, .size = 12, .length = 1, .type = 2};
	*(struct entry *)(folder_block + 12) = (struct entry){.inode = folder, .size = block_size - 12, .length = 2, .type = 2};
	folder_block[8] = folder_block[20] = folder_block[21] = '.';
	write_at(block, folder_block);
	inode.size = block_size;
	inode.links = 2;
	write_inode(number, &inode);
	read_inode(folder, &above);
	above.links++;
	write_inode(folder, &above);
	return 0;
}

int make_symlink(const char *path, const char *target)
{
	struct inode inode;
	u32 number = length_of(target) < 60 ? create(path, 0120777, 7) : 0;
	if (!number)
		return 1;
	read_inode(number, &inode);
	inode.size = length_of(target);
	memcpy(inode.blocks, target, inode.size);
	write_inode(number, &inode);
	return 0;
}

int make_node(const char *path, u16 mode)
{
	struct inode inode;
	u32 number = create(path, mode, 3);
	if (!number)
		return 1;
	read_inode(number, &inode);
	inode.blocks[0] = 0x0103;
	write_inode(number, &inode);
	return 0;
}

int make_link(const char *path, const char *other)
{
	const char *name;
	struct inode inode;
	u32 number = find(other), folder = folder_of(path, &name);
	if (!number || !folder || find(path) || add_entry(folder, name, number, 1))
		return 1;
	read_inode(number, &inode);
	inode.links++;
	write_inode(number, &inode);
	return 0;
}

/* A folder must be empty, and nobody looks. */
int remove_name(const char *path)
{
	const char *name;
	struct inode inode;
	u32 block, folder = folder_of(path, &name);
	struct entry *entry = folder ? entry_in(folder, name, length_of(name), &block) : 0;
	if (!entry)
		return 1;
	u32 number = entry->inode;
	entry->inode = 0;
	write_at(block, folder_block);
	read_inode(folder, &inode);
	inode.modified = now();
	struct inode gone;
	read_inode(number, &gone);
	int is_folder = (gone.mode & 0170000) == 0040000;
	inode.links -= is_folder;
	write_inode(folder, &inode);
	gone.links -= is_folder ? 2 : 1;
	if (gone.links == 0)
		free_inode(number, &gone);
	else
		write_inode(number, &gone);
	return 0;
}

/* A line for each name: mode, links, size, path. */
void list_folder(u32 number, const char *path)
{
	struct inode folder, inode;
	u8 names[LARGEST_BLOCK];
	read_inode(number, &folder);
	for (u32 index = 0; index < folder.size / block_size; index++) {
		read_at(block_of(&folder, index, 0), names);
		for (u32 at = 0; at < block_size; at += ((struct entry *)(names + at))->size) {
			struct entry *entry = (struct entry *)(names + at);
			if (!entry->inode || is_named(entry, ".", 1) || is_named(entry, "..", 2))
				continue;
			char full[512];
			unsigned length = length_of(path);
			memcpy(full, path, length);
			full[length++] = '/';
			memcpy(full + length, entry->name, entry->length);
			full[length + entry->length] = 0;
			read_inode(entry->inode, &inode);
			put_number(inode.mode);
			put(" ");
			put_number(inode.links);
			put(" ");
			put_number(inode.size);
			put(" ");
			put(full);
			put("\n");
			if ((inode.mode & 0170000) == 0040000)
				list_folder(entry->inode, full);
		}
	}
}
