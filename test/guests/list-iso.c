/*
 * Lists and reads ISO 9660 with Rock Ridge on the device `rootfs`. Words of the command line, done in order:
 *   list         a line for each file: type and mode, links, owner, size, sum of the bytes, path, and a symlink's target
 *   read PATH    what is in the file
 */
#include "guest.h"

#ifdef WITH_NETWORK
DEVICES(BLOCK("rootfs"), NET("service"));
#else
DEVICES(BLOCK("rootfs"));
#endif

#define SECTOR 2048u
static const struct guest *self;

/* Two, since a record may go on elsewhere while it is read. */
static struct { u64 number; u8 bytes[SECTOR]; } sectors[2] = {{~0ull, {0}}, {~0ull, {0}}};
static char path[8192], target[8192], text[SECTOR + 1];
static unsigned path_length, target_length;

struct record {
	u32 extent, size, mode, links, uid, gid;
	u8 flags;
};

static const u8 *sector(unsigned slot, u64 number)
{
	const u16 block = self->manifest->devices[1].block.block_size;
	if (sectors[slot].number != number) {
		sectors[slot].number = number;
		for (u64 at = 0; at < SECTOR; at += block)
			if (read_block(self, 1, number * SECTOR + at, sectors[slot].bytes + at)) {
				put("cannot read sector ");
				put_number(number);
				put("\n");
				flush();
				finish(3);
			}
	}
	return sectors[slot].bytes;
}

static u32 number32(const u8 *at)
{
	return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

static void append(char *buffer, unsigned *length, const void *bytes, unsigned count)
{
	for (unsigned i = 0; i < count && *length < 8190; i++)
		buffer[(*length)++] = ((const char *)bytes)[i];
	buffer[*length] = 0;
}

/* RRIP 4.1.3; `slash` is whether one is due before the next component. */
static void take_target(const u8 *field, int *slash)
{
	for (unsigned at = 5; at < field[2]; at += 2u + field[at + 1]) {
		u8 flags = field[at];
		if (*slash)
			append(target, &target_length, "/", 1);
		if (flags == 2)
			append(target, &target_length, ".", 1);
		else if (flags == 4)
			append(target, &target_length, "..", 2);
		else if (flags == 8)
			append(target, &target_length, "/", 1);
		else
			append(target, &target_length, field + at + 2, field[at + 1]);
		*slash = !(flags & 1) && flags != 8;
	}
}

/* The fields of a record: the name is added to `path`, where a symlink leads is put into `target`. */
static void take_fields(const u8 *area, unsigned length, struct record *record)
{
	int slash = 0;
	target_length = 0;
	target[0] = 0;
	for (;;) {
		u32 next_sector = 0, next_offset = 0, next_length = 0;
		for (unsigned at = 0; at + 4 <= length && area[at + 2] >= 4; at += area[at + 2]) {
			const u8 *field = area + at;
			u32 kind = (u32)field[0] << 8 | field[1];
			if (kind == ('N' << 8 | 'M'))
				append(path, &path_length, field + 5, field[2] - 5u);
			else if (kind == ('S' << 8 | 'L'))
				take_target(field, &slash);
			else if (kind == ('P' << 8 | 'X')) {
				record->mode = number32(field + 4);
				record->links = number32(field + 12);
				record->uid = number32(field + 20);
				record->gid = number32(field + 28);
			} else if (kind == ('C' << 8 | 'E')) {
				next_sector = number32(field + 4);
				next_offset = number32(field + 12);
				next_length = number32(field + 20);
			}
		}
		if (!next_length)
			return;
		area = sector(1, next_sector) + next_offset;
		length = next_length;
	}
}

static void put_octal(u32 number)
{
	char digits[12];
	unsigned at = sizeof digits - 1;
	digits[at] = 0;
	do
		digits[--at] = (char)('0' + number % 8);
	while (number /= 8);
	put(digits + at);
}

static void put_field(u64 number)
{
	put(" ");
	put_number(number);
}

static void show(const struct record *record)
{
	u64 sum = 0;
	int is_folder = (record->flags & 2) != 0;
	for (u32 at = 0; !is_folder && at < record->size; at++)
		sum = sum * 31 + sector(1, record->extent + at / SECTOR)[at % SECTOR];
	put_octal(record->mode);
	put_field(record->links);
	put_field(record->uid);
	put_field(record->gid);
	put_field(is_folder ? 0 : record->size);
	put_field(sum % 1000000007);
	put(" ");
	put(path);
	if (target_length) {
		put(" -> ");
		put(target);
	}
	put("\n");
}

static void contents(const struct record *record)
{
	for (u32 at = 0; at < record->size; at += SECTOR) {
		u32 count = record->size - at < SECTOR ? record->size - at : SECTOR;
		const u8 *bytes = sector(1, record->extent + at / SECTOR);
		for (u32 i = 0; i < count; i++)
			text[i] = (char)bytes[i];
		text[count] = 0;
		put(text);
	}
}

/* Each file beneath a folder; with `wanted`, only the one that is called so. */
static int walk(u32 extent, u32 size, const char *wanted)
{
	unsigned length = path_length;
	int found = 0;
	for (u32 offset = 0, order = 0; offset < size; order++) {
		const u8 *bytes = sector(0, extent + offset / SECTOR) + offset % SECTOR;
		if (bytes[0] == 0) {
			offset += SECTOR - offset % SECTOR;
			order--;
			continue;
		}
		struct record record = {.extent = number32(bytes + 2), .size = number32(bytes + 10), .flags = bytes[25]};
		unsigned use = 33u + bytes[32] + !(bytes[32] & 1);
		offset += bytes[0];
		if (order < 2)
			continue;
		append(path, &path_length, "/", 1);
		take_fields(bytes + use, bytes[0] - use, &record);
		if (!wanted)
			show(&record);
		else if (same(path, wanted)) {
			contents(&record);
			found = 1;
		}
		if (record.flags & 2)
			found |= walk(record.extent, record.size, wanted);
		path_length = length;
		path[length] = 0;
	}
	return found;
}

int run(const struct guest *guest)
{
	static char wanted[1024];
	self = guest;
	const char *cursor = guest->command_line;
	while (has_word(cursor)) {
		char word[8];
		unsigned count = 0;
		while (*cursor == ' ')
			cursor++;
		for (; *cursor && *cursor != ' '; cursor++)
			if (count < sizeof word - 1)
				word[count++] = *cursor;
		word[count] = 0;
		const u8 *root = sector(0, 16) + 156;
		u32 extent = number32(root + 2), size = number32(root + 10);
		if (same(word, "list"))
			walk(extent, size, 0);
		else if (same(word, "read")) {
			for (count = 0; *cursor == ' ';)
				cursor++;
			for (; *cursor && *cursor != ' ' && count < sizeof wanted - 1; cursor++)
				wanted[count++] = *cursor;
			wanted[count] = 0;
			if (!walk(extent, size, wanted)) {
				put("no such file\n");
				return 1;
			}
		} else {
			put("no such command\n");
			return 2;
		}
	}
	return 0;
}
