/* A server on two network devices: net/serve.c. */
#include "net/serve.h"

DEVICES(NET("service"), NET("management"));

int run(const struct guest *guest)
{
	return serve(guest);
}
