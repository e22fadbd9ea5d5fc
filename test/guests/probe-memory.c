/*
 * Looks through its memory for what the tender may have left behind: its own zeroed data, low memory after the command
 * line, and everything from its end to the stack must be zero. Under spt it also looks for readable pages where nothing
 * should be mapped: below its memory, in the 64 MiB above it, and in the ranges `FROM-TO ...` of its command line.
 */
#include "guest.h"

NO_DEVICES;

#define PAGE 4096ull
#define STACK (64 * 1024ull)
#define LOWEST_PROGRAM 0x100000ull

/* More than a page, and beginning in the middle of one. */
static u8 zeroed[3 * PAGE];

static int check_zero(const char *name, u64 from, u64 to)
{
	put(name);
	for (u64 at = from; at < to; at++) {
		if (at % 8 == 0 && at + 8 <= to && *(volatile u64 *)at == 0) {
			at += 7;
			continue;
		}
		if (*(volatile u8 *)at) {
			put(": not zero at ");
			put_hex(at);
			put("\n");
			return 1;
		}
	}
	put(": zero\n");
	return 0;
}

static int check_unmapped(u64 from, u64 to)
{
	int found = 0;
	for (u64 at = from; at < to; at += PAGE) {
		if (!is_readable(at))
			continue;
		u64 start = at;
		while (at < to && is_readable(at))
			at += PAGE;
		put("readable: ");
		put_hex(start);
		put("-");
		put_hex(at);
		put("\n");
		found = 1;
	}
	return found;
}

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	u64 after_command_line = (u64)cursor;
	while (*(const char *)after_command_line)
		after_command_line++;

	int found = check_zero("zeroed data", (u64)zeroed, (u64)zeroed + sizeof zeroed);
	found |= check_zero("low memory", after_command_line, LOWEST_PROGRAM);
	found |= check_zero("free memory", guest->kernel_end, guest->memory_size - STACK);
	if (is_readable(0) < 0) {
		put("outside: cannot be probed\n");
		return found;
	}
	int outside = check_unmapped(0, 0x10000);
	outside |= check_unmapped(guest->memory_size, guest->memory_size + (64ull << 20));
	while (has_word(cursor)) {
		u64 from = next_number(&cursor, ~0ull);
		u64 to = next_number(&cursor, 0);
		if (from >= to) {
			put("ranges are FROM-TO\n");
			return 2;
		}
		outside |= check_unmapped(from, to);
	}
	put(outside ? "outside: something is mapped\n" : "outside: nothing\n");
	return found | outside;
}
