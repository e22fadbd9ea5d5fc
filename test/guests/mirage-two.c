/* mirage-args with two network devices and a disk. */
#include "guest.h"
#define MIRAGE_DEVICES DEVICES(NET("service"), NET("management"), BLOCK("storage"))
#include "mirage-args.c"
