/* Declares one block device, `storage`, and prints what the tender made of it. */
#include "guest.h"

DEVICES(BLOCK("storage"));

int run(const struct guest *guest)
{
	const struct device *storage = &guest->manifest->devices[1];
	put_device(storage);
	return !storage->attached;
}
