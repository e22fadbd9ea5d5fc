/*
 * What all parts of the run loop share: the guest as the tape has set it up, and the ways in which it ends. Freestanding C
 * without libc, static data or relocations: the code is laid wherever the tape wants it.
 */
#ifndef LOOP_H
#define LOOP_H

#include <asm/errno.h>
#include <linux/eventpoll.h>
#include <linux/kvm.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;

/* The kinds of Solo5 include/mft_abi.h, enum mft_type. */
enum { DEVICE_NONE = 0, DEVICE_BLOCK = 1, DEVICE_NET = 2 };

/* A device by its handle, which is its index in the manifest. */
struct device {
	uint16_t kind, read_only;
	i32 fd;
	union {
		u64 capacity; /* of a block device, in bytes */
		u8 mac[8];    /* of a network device: six of them */
	};
};

/* MFT_MAX_ENTRIES, Solo5 include/mft_abi.h. */
#define MOST_DEVICES 64

/* Written by the engine (../loop-parameters.ts), behind the code and as unchangeable. */
struct parameters {
	u8 *memory;
	u64 memory_size;
	const struct kvm_run *run;
	i32 vcpu, wait_set, timer;
	u32 device_count;
	/* Guest-physical address of the ring for network devices, which lies inside memory; 0 where there is none. */
	u64 ring;
	struct device devices[MOST_DEVICES];
};

/*
 * Exit statuses, see docs/hvt.md: the first two are what the same deed has under spt, where a signal ends the guest;
 * the third is sysexits.h, EX_SOFTWARE.
 */
enum { STATUS_FAULT = 128 + 11, STATUS_FORBIDDEN = 128 + 31, STATUS_KVM = 70 };

/* Says in one line on stderr why the guest ends, and ends it. `text` stands before a number in hexadecimal. */
_Noreturn void stop(const struct parameters *p, int status, const char *text, u64 number);

/*
 * The ABI that the guest speaks, hypercalls.c or legacy.c. `hypercall` does one and returns unless it ends the guest; `begin` comes
 * before the guest's first instruction; `halted` when the guest has halted the processor.
 */
void hypercall(const struct parameters *p, u64 number, u64 address);
void begin(const struct parameters *p);
_Noreturn void halted(const struct parameters *p);

#endif
