/* A server on the network device `service`: net/serve.c. */
#include "net/serve.h"

DEVICES(NET("service"));

int run(const struct guest *guest)
{
	return serve(guest);
}
