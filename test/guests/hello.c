/* Says hello and, byte for byte, its command line. */
#include "guest.h"

NO_DEVICES;

int run(const struct guest *guest)
{
	put("Hello from a unikernel\n");
	put("command line: <");
	put(guest->command_line);
	put(">\n");
	return 0;
}
