/* Declares one network device, `service`, and prints what the tender made of it. */
#include "guest.h"

DEVICES(NET("service"));

int run(const struct guest *guest)
{
	const struct device *service = &guest->manifest->devices[1];
	put_device(service);
	return !service->attached;
}
