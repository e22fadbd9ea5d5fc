/* Blocks and inodes of an ext2 file system. */
#include "ext2.h"

u32 block_size;
static const struct guest *self;
static u32 handle;
static struct superblock super;
static u8 bitmap[LARGEST_BLOCK], descriptors[LARGEST_BLOCK], pointers[LARGEST_BLOCK];

static void transfer(u64 at, u8 *bytes, u32 size, int writes)
{
	const u32 sector = self->manifest->devices[handle].block.block_size;
	for (u32 done = 0; done < size; done += sector)
		if ((writes ? write_block(self, handle, at + done, bytes + done) : read_block(self, handle, at + done, bytes + done))) {
			put("the device failed\n");
			flush();
			finish(3);
		}
}

void read_at(u32 block, void *into) { transfer((u64)block * block_size, into, block_size, 0); }
void write_at(u32 block, const void *from) { transfer((u64)block * block_size, (u8 *)from, block_size, 1); }

u32 now(void) { return (u32)(wall_clock_ns() / 1000000000u); }

int mount_device(const struct guest *guest, u32 number)
{
	self = guest;
	handle = number;
	transfer(1024, (u8 *)&super, 1024, 0);
	block_size = 1024u << super.log_block_size;
	return super.magic == 0xef53 && block_size <= LARGEST_BLOCK;
}

static struct group *group_of(u32 number)
{
	const u32 per_block = block_size / sizeof(struct group);
	read_at(super.first_data_block + 1 + number / per_block, descriptors);
	return (struct group *)descriptors + number % per_block;
}

/* The descriptor that was read last, and the superblock. */
static void put_counts(u32 number)
{
	write_at(super.first_data_block + 1 + number / (block_size / sizeof(struct group)), descriptors);
	transfer(1024, (u8 *)&super, 1024, 1);
}

static u32 take_bit(u32 block, u32 bits)
{
	read_at(block, bitmap);
	for (u32 bit = 0; bit < bits; bit++)
		if (!(bitmap[bit / 8] & 1 << bit % 8)) {
			bitmap[bit / 8] |= 1 << bit % 8;
			write_at(block, bitmap);
			return bit + 1;
		}
	return 0;
}

static void clear_bit(u32 block, u32 bit)
{
	read_at(block, bitmap);
	bitmap[bit / 8] &= ~(1 << bit % 8);
	write_at(block, bitmap);
}

static u32 groups(void) { return (super.blocks - super.first_data_block + super.blocks_per_group - 1) / super.blocks_per_group; }

u32 take_block(void)
{
	for (u32 number = 0; number < groups(); number++) {
		struct group *group = group_of(number);
		u32 bit = group->free_blocks ? take_bit(group->bitmap, super.blocks_per_group) : 0;
		if (!bit)
			continue;
		group->free_blocks--, super.free_blocks--;
		put_counts(number);
		u32 block = super.first_data_block + number * super.blocks_per_group + bit - 1;
		memset(pointers, 0, block_size);
		write_at(block, pointers);
		return block;
	}
	put("no space left\n");
	return 0;
}

static void free_block(u32 block)
{
	if (!block)
		return;
	u32 number = (block - super.first_data_block) / super.blocks_per_group;
	struct group *group = group_of(number);
	clear_bit(group->bitmap, (block - super.first_data_block) % super.blocks_per_group);
	group->free_blocks++, super.free_blocks++;
	put_counts(number);
}

u32 take_inode(int folder)
{
	for (u32 number = 0; number < groups(); number++) {
		struct group *group = group_of(number);
		u32 bit = group->free_inodes ? take_bit(group->inode_bitmap, super.inodes_per_group) : 0;
		if (!bit)
			continue;
		group->free_inodes--, super.free_inodes--, group->folders += folder;
		put_counts(number);
		return number * super.inodes_per_group + bit;
	}
	return 0;
}

static u32 inode_block(u32 number, u32 *at)
{
	u32 index = (number - 1) % super.inodes_per_group;
	*at = index * sizeof(struct inode) % block_size;
	return group_of((number - 1) / super.inodes_per_group)->table + index * sizeof(struct inode) / block_size;
}

void read_inode(u32 number, struct inode *inode)
{
	u32 at;
	read_at(inode_block(number, &at), bitmap);
	memcpy(inode, bitmap + at, sizeof *inode);
}

void write_inode(u32 number, const struct inode *inode)
{
	u32 at, block = inode_block(number, &at);
	read_at(block, bitmap);
	memcpy(bitmap + at, inode, sizeof *inode);
	write_at(block, bitmap);
}

u32 block_of(struct inode *inode, u32 index, int make)
{
	if (index < 12) {
		if (!inode->blocks[index] && make && (inode->blocks[index] = take_block()))
			inode->sectors += block_size / 512;
		return inode->blocks[index];
	}
	index -= 12;
	if (index >= block_size / 4)
		return 0;
	if (!inode->blocks[12]) {
		if (!make || !(inode->blocks[12] = take_block()))
			return 0;
		inode->sectors += block_size / 512;
	}
	read_at(inode->blocks[12], pointers);
	u32 block = ((u32 *)pointers)[index];
	if (block || !make || !(block = take_block()))
		return block;
	inode->sectors += block_size / 512;
	read_at(inode->blocks[12], pointers);
	((u32 *)pointers)[index] = block;
	write_at(inode->blocks[12], pointers);
	return block;
}

/* With its blocks; a short symlink has none. */
void free_inode(u32 number, struct inode *inode)
{
	static u32 indirect[LARGEST_BLOCK / 4];
	if (inode->sectors) {
		for (unsigned i = 0; i < 12; i++)
			free_block(inode->blocks[i]);
		if (inode->blocks[12]) {
			read_at(inode->blocks[12], indirect);
			for (u32 i = 0; i < block_size / 4; i++)
				free_block(indirect[i]);
			free_block(inode->blocks[12]);
		}
	}
	u32 in = (number - 1) / super.inodes_per_group;
	struct group *group = group_of(in);
	clear_bit(group->inode_bitmap, (number - 1) % super.inodes_per_group);
	group->free_inodes++, super.free_inodes++;
	group->folders -= (inode->mode & 0170000) == 0040000;
	put_counts(in);
	inode->links = 0;
	inode->deleted = now();
	memset(inode->blocks, 0, sizeof inode->blocks);
	inode->size = inode->sectors = 0;
	write_inode(number, inode);
}
