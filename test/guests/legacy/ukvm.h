/* The hvt ABI of 2018, then also called ukvm, before notes and manifests (Solo5 commit 120848b, include/solo5/hvt_abi.h). */
#ifndef UKVM_H
#define UKVM_H

#include <stddef.h>
#include "guest.h"

/* struct hvt_boot_info */
struct ukvm_boot_info {
	u64 memory_size, kernel_end;
	const char *command_line;
	u64 cycles_per_second;
};
_Static_assert(sizeof(struct ukvm_boot_info) == 32, "the boot information of 2018 has 32 bytes");

/* enum hvt_hypercall, and the structures that go with them. */
enum { UKVM_WALLTIME = 1, UKVM_PUTS, UKVM_POLL, UKVM_DISK_INFO, UKVM_DISK_WRITE, UKVM_DISK_READ, UKVM_NET_INFO, UKVM_NET_WRITE, UKVM_NET_READ, UKVM_HALT };
struct ukvm_poll { u64 timeout; i32 ready; };
struct ukvm_disk_info { u64 sector_size, sectors; i32 writable; };
struct ukvm_disk { u64 sector; const void *data; u64 length; i32 result; };
struct ukvm_net_info { u8 mac[6]; };
struct ukvm_net { const void *data; u64 length; i32 result; };

#endif
