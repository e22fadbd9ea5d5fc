/* Burns processor time until it is killed. */
#include "guest.h"

NO_DEVICES;

int run(const struct guest *guest)
{
	(void)guest;
	put("spinning\n");
	for (;;)
		__asm__ volatile("");
}
