/* The same with a device for a volume: `device 2` in the command line is `data`. */
#include "ext2/ext2.h"

DEVICES(BLOCK("rootfs"), BLOCK("data"));

int run(const struct guest *guest) { return ext2_commands(guest); }
