/* Sleeps for the seconds on its command line, or for ever, the way Solo5 waits for its devices. */
#include "guest.h"

NO_DEVICES;

#define SECOND 1000000000ull

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	put("sleeping\n");
	if (has_word(cursor))
		wait_ns(next_number(&cursor, 0) * SECOND);
	else
		for (;;)
			wait_ns(3600 * SECOND);
	put("awake\n");
	return 0;
}
