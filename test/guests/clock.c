/* Prints its clocks in nanoseconds: both at the start, and the monotonic one again after a wait of 20 ms. */
#include "guest.h"

NO_DEVICES;

static void print(const char *name, u64 ns)
{
	put(name);
	put(": ");
	put_number(ns);
	put("\n");
}

int run(const struct guest *guest)
{
	(void)guest;
	u64 start = monotonic_ns();
	print("monotonic", start);
	print("wall", wall_clock_ns());
	wait_ns(20000000);
	u64 end = monotonic_ns();
	print("monotonic after 20 ms", end);
	return end < start + 20000000;
}
