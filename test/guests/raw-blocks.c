/*
 * Reads and writes blocks of the device `storage`. Words of the command line, done in order:
 *   device               what the manifest says
 *   read N               the text at the beginning of block N
 *   write N TEXT         a block with this text and zeros
 *   fill FROM-TO BYTE    blocks FROM to TO, each full of this byte
 *   sum                  the sum of all bytes of the device
 *   raw-read OFFSET LENGTH, raw-write OFFSET LENGTH
 *                        the system call with these arguments, allowed or not
 */
#include "guest.h"
#include "arch.h"

DEVICES(BLOCK("storage"));

#define LARGEST_BLOCK 32768
static u8 block[LARGEST_BLOCK];
static const struct guest *self;

static void clear(void)
{
	for (unsigned i = 0; i < sizeof block; i++)
		block[i] = 0;
}

static int report(const char *what, u64 number, int failed)
{
	put(what);
	put_number(number);
	put(failed ? ": failed\n" : ": done\n");
	return failed != 0;
}

static int read_text(u64 number, u64 size)
{
	clear();
	int failed = read_block(self, 1, number * size, block);
	put("block ");
	put_number(number);
	put(failed ? ": cannot be read" : ": ");
	block[size < 100 ? size : 100] = 0;
	if (!failed)
		put((const char *)block);
	put("\n");
	return failed != 0;
}

static int write_text(const char **cursor, u64 number, u64 size)
{
	clear();
	while (**cursor == ' ')
		(*cursor)++;
	for (unsigned i = 0; **cursor && **cursor != ' '; i++)
		block[i] = (u8)*(*cursor)++;
	return report("wrote ", number, write_block(self, 1, number * size, block));
}

static int fill(u64 from, u64 to, u8 byte, u64 size)
{
	for (unsigned i = 0; i < sizeof block; i++)
		block[i] = byte;
	int failed = 0;
	for (u64 number = from; number <= to && !failed; number++)
		failed = write_block(self, 1, number * size, block);
	return report("filled to ", to, failed);
}

static int sum(u64 capacity, u64 size)
{
	u64 total = 0;
	for (u64 offset = 0; offset < capacity; offset += size) {
		if (read_block(self, 1, offset, block))
			return report("cannot read at ", offset, 1);
		for (u64 i = 0; i < size; i++)
			total += block[i];
	}
	put("sum: ");
	put_number(total);
	put("\n");
	return 0;
}

static void raw(u64 number, u64 offset, u64 length)
{
	const u64 call[7] = {number, (u64)self->manifest->devices[1].descriptor, (u64)block, length, offset, 0, 0};
	long result = raw_call(call);
	put("raw: ");
	put(result < 0 ? "-" : "");
	put_number((u64)(result < 0 ? -result : result));
	put("\n");
}

int run(const struct guest *guest)
{
	self = guest;
	const struct device *storage = &guest->manifest->devices[1];
	u64 size = storage->block.block_size, capacity = storage->block.capacity;
	const char *cursor = guest->command_line;
	int failed = 0;
	while (has_word(cursor)) {
		u64 first, second;
		if (take_word(&cursor, "device"))
			put_device(storage);
		else if (take_word(&cursor, "sum"))
			failed |= sum(capacity, size);
		else if (take_word(&cursor, "read"))
			failed |= read_text(next_number(&cursor, 0), size);
		else if (take_word(&cursor, "write")) {
			first = next_number(&cursor, 0);
			failed |= write_text(&cursor, first, size);
		} else if (take_word(&cursor, "fill")) {
			first = next_number(&cursor, 0);
			second = next_number(&cursor, first);
			failed |= fill(first, second, (u8)next_number(&cursor, 0), size);
		} else if (take_word(&cursor, "raw-read") || take_word(&cursor, "raw-write")) {
			u64 call = cursor[-1] == 'd' ? SYS_pread64 : SYS_pwrite64;
			first = next_number(&cursor, 0);
			second = next_number(&cursor, 0);
			raw(call, first, second);
		} else {
			put("no such command\n");
			return 2;
		}
	}
	return failed;
}
