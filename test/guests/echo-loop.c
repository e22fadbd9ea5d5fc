/* Prints a numbered line every 100 ms, as often as its command line says, or for ever. */
#include "guest.h"

NO_DEVICES;

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	u64 times = next_number(&cursor, ~0ull);
	for (u64 number = 1; number <= times; number++) {
		put("line ");
		put_number(number);
		put("\n");
		wait_ns(100000000);
	}
	return 0;
}
