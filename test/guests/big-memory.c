/*
 * `[DELAY_MS [MIB]]`: waits, then writes to each page of that many MiB, or of all its memory, with a line for every 8 MiB.
 */
#include "guest.h"

NO_DEVICES;

#define PAGE 4096ull
#define MIB (1024 * 1024ull)
#define STACK (64 * 1024ull)

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	u64 delay_ms = next_number(&cursor, 0);
	u64 available = guest->memory_size - STACK - guest->kernel_end;
	put("memory: ");
	put_number(guest->memory_size);
	put("\n");
	u64 wanted = has_word(cursor) ? next_number(&cursor, 0) * MIB : available;
	if (wanted > available) {
		put("there is not that much\n");
		return 1;
	}
	if (delay_ms)
		wait_ns(delay_ms * 1000000);

	for (u64 done = 0; done < wanted; done += PAGE) {
		*(volatile u8 *)(guest->kernel_end + done) = 1;
		if ((done + PAGE) % (8 * MIB) == 0) {
			put("touched ");
			put_number((done + PAGE) / MIB);
			put(" MiB\n");
		}
	}
	put("done\n");
	return 0;
}
