/* mirage-args with the network device of nearly every MirageOS unikernel. */
#include "guest.h"
#define MIRAGE_DEVICES DEVICES(NET("service"))
#include "mirage-args.c"
