/* Reads and writes the ext2 file system on the device `rootfs`. */
#include "ext2/ext2.h"

DEVICES(BLOCK("rootfs"));

int run(const struct guest *guest) { return ext2_commands(guest); }
