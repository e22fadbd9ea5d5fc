/* What all parts of the fuzz test know: the loop itself, the guest that it has, random choices. */
#include "../../loop/loop.c"
#include "../../loop/calls.c"
#include "../../loop/stop.c"
#ifdef LEGACY
#include "../../loop/legacy.c"
#else
#include "../../loop/hypercalls.c"
#include "../../loop/ring.c"
#endif
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REQUIRE(condition)                                                                                     \
	do {                                                                                                   \
		if (!(condition)) {                                                                            \
			printf("case %llu: %s is not so (line %d)\n", (unsigned long long)cases, #condition, __LINE__); \
			fflush(stdout);                                                                        \
			abort();                                                                               \
		}                                                                                              \
	} while (0)

const struct parameters parameters;

/* ANYHOW: what follows depends on what a frame wrote over the ring. */
enum { GOES_ON, HALTS, FORBIDDEN, FAULTS, KVM_FAILS, ANYHOW };
static struct parameters guest_parameters;
static struct kvm_run *run_page;
/* `kicks` counts those of a ring with entries that are all well. */
static u64 cases, limit, state, kicks, ended[256];
/* What the case before this one must have led to, what it did, and whether the kernel has been made to answer EFAULT. */
static int expected, status, faulted, in_case;
/* Whether the kernel makes no errors for once, so that a long row of calls comes to its end. */
static int calm;
static jmp_buf end_of_guest;

static u64 next(void)
{
	/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static int one_in(u64 n)
{
	return next() % n == 0;
}

/* Addresses, lengths, handles and offsets as somebody would choose them who means harm, and now and then good ones. */
static u64 value(u64 size)
{
	const u64 edges[] = {0, 1ull << 32, 1ull << 63, ~0ull, size, -size, 1ull << 31, ~0ull >> 1, 0x1000, size - 0x1000};
	u64 edge = edges[next() % (sizeof edges / sizeof *edges)];
	switch (next() % 4) {
	case 0:
		return next();
	case 1:
		return next() % size;
	case 2:
		return next() % 96;
	default:
		return edge + next() % 129 - 64;
	}
}

static int inside(const void *at, u64 length)
{
	const u8 *start = at;
	return start >= guest_parameters.memory && length <= guest_parameters.memory_size &&
	       start <= guest_parameters.memory + (guest_parameters.memory_size - length);
}

static int in_guest(u64 address, u64 length)
{
	return (unsigned __int128)address + length <= guest_parameters.memory_size;
}
