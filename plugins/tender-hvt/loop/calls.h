/*
 * What hypercalls do, whatever the ABI that they come by: hypercalls.c has today's numbers and structures, legacy.c those of 2018.
 * Everything that comes from guest memory has been copied before it gets here, and is checked here before it is used.
 */
#ifndef CALLS_H
#define CALLS_H

#include "loop.h"
#include "arch.h"

/* The host's address of `length` bytes of guest memory; ends a guest that does not have them. */
u8 *guest(const struct parameters *p, u64 address, u64 length);

/* A device by its handle; ends a guest that has no such device of that kind. */
const struct device *device(const struct parameters *p, u64 handle, u32 kind);

/* Writes to the console until it has all or nobody listens. */
void write_console(const struct parameters *p, u64 data, u64 length);

/* Waits until a network device has something or that many nanoseconds have passed; answers how many have. */
i32 wait_for_devices(const struct parameters *p, u64 nanoseconds, u64 *ready);

/* Solo5 include/solo5.h, solo5_result_t; in 2018 all that were not well were -1. */
enum { R_OK = 0, R_AGAIN = 1, R_EINVAL = 2, R_EUNSPEC = 3 };
/* Reads (`__NR_pread64`) or writes (`__NR_pwrite64`) at a place of a block device; answers a result. */
i32 transfer_block(const struct parameters *p, const struct device *block, long number, u64 offset, u64 data, u64 length);

/* One frame from a network device: its length, 0 where there is none, or a negative number. */
long read_frame(const struct parameters *p, const struct device *net, u64 data, u64 length);
/* One frame to it; answers whether all of it went. */
int write_frame(const struct parameters *p, const struct device *net, u64 data, u64 length);

/* Nanoseconds since 1970. */
u64 wall_clock(void);

/* The end of the guest by its own wish. */
_Noreturn void halt(i32 status);

/* The guest stands still meanwhile, and its structures need no alignment: they are copied in and out. */
#define TAKE(type)                                                                                             \
	struct type args;                                                                                      \
	u8 *const place = guest(p, address, sizeof args);                                                      \
	__builtin_memcpy(&args, place, sizeof args)
#define GIVE(field) __builtin_memcpy(place + offsetof(__typeof__(args), field), &args.field, sizeof args.field)

/* The same in both ABIs, but HALT in its number. Each loop calls them once: left to itself, gcc -Os makes 64 bytes more of that. */
enum { WALLTIME = 1, PUTS = 2, POLL = 3 };
struct halt { u64 cookie; i32 status; };
struct walltime { u64 nanoseconds; };
struct puts { u64 data, length; };

static inline __attribute__((always_inline)) void do_walltime(const struct parameters *p, u64 address)
{
	TAKE(walltime);
	args.nanoseconds = wall_clock();
	GIVE(nanoseconds);
}

static inline __attribute__((always_inline)) void do_puts(const struct parameters *p, u64 address)
{
	TAKE(puts);
	write_console(p, args.data, args.length);
}

#endif
