/* The Solo5 ABI of 2018, before notes and manifests (Solo5 commit 120848b, kernel/spt and tenders/spt of that time). */
#ifndef LEGACY_H
#define LEGACY_H

#include <stddef.h>
#include "guest.h"

/* What the tender left at 0x11000: at most one disk and one network device. */
struct legacy_boot_info {
	u64 memory_size, kernel_end;
	const char *command_line;
	struct { i32 present; u64 size, block_size; i32 descriptor; } disk;
	struct { i32 present; u8 mac[6]; i32 descriptor; } net;
};
_Static_assert(sizeof(struct legacy_boot_info) == 72, "the boot information of 2018 has 72 bytes");
_Static_assert(offsetof(struct legacy_boot_info, disk.size) == 32, "the disk's size is at 32");
_Static_assert(offsetof(struct legacy_boot_info, net) == 56, "the network device begins at 56");
_Static_assert(offsetof(struct legacy_boot_info, net.descriptor) == 68, "its descriptor is at 68");

/* linux/poll.h */
struct poll { i32 descriptor; i16 events, revents; };
enum { POLLIN = 1 };

/* asm/unistd_64.h; what the ABI of today does not use. */
enum { LEGACY_read = 0, LEGACY_pread64 = 17, LEGACY_pwrite64 = 18, LEGACY_ppoll = 271 };

/* Waits for the network device, if there is one, at most this long; returns whether something has come. */
int legacy_poll(const struct legacy_boot_info *boot, u64 ns);

#endif
