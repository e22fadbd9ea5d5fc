/* ext2-files with a network device beside its disk: what is in the image may depend on the network. */
#include "ext2/ext2.h"

DEVICES(BLOCK("rootfs"), NET("service"));

int run(const struct guest *guest) { return ext2_commands(guest); }
