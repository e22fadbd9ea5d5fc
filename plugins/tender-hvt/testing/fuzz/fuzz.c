/*
 * Drives the run loop, compiled with sanitizers, with hostile guests: `fuzz CASES SEED`; with -DLEGACY the loop of 2018. Its own source is included
 * as it is; only its system calls come here, and KVM_RUN is the guest. Each case is one exit of the guest. Checked are
 * every buffer that a system call is given, that a bad address or handle ends the guest (an oracle says when, in 128-bit
 * arithmetic), that a good one does not, and by the sanitizers and guard pages every access of the loop itself.
 */
#include "harness.h"
#include "guest.h"
#include "kernel.h"

/* As the engine places it: the last whole pages of memory; 0 for a guest that has none. */
static u64 place_for_ring(u64 size)
{
	const u64 room = 0xd000;
	return one_in(4) || size < 2 * room ? 0 : (size - room) & ~0xfffull;
}

static void describe_guest(u8 *memory, u64 size)
{
	guest_parameters = (struct parameters){.memory = memory, .memory_size = size, .run = run_page, .vcpu = 6, .wait_set = 7, .timer = 8};
	guest_parameters.device_count = (u32)(next() % (MOST_DEVICES + 1));
	guest_parameters.ring = place_for_ring(size);
	for (u32 i = 0; i < MOST_DEVICES; i++) {
		u64 capacity = one_in(8) ? 0 : one_in(8) ? ~0ull >> 1 : 512 * (1 + next() % 4096);
		uint16_t kind = i < guest_parameters.device_count ? (uint16_t)(next() % 3) : 0;
		guest_parameters.devices[i] = (struct device){.kind = kind, .fd = (i32)(100 + i), .capacity = capacity};
	}
}

/* One guest after another until the cases are used up. */
static void drive(u8 *memory, u64 size, u64 until)
{
	limit = until;
	volatile int going = 1;
	while (going) {
		describe_guest(memory, size);
		switch (setjmp(end_of_guest)) {
		case 0:
			loop(&guest_parameters);
		case 1:
			going = 0;
			break;
		default:
			ended[status & 255]++;
			settle(expected == HALTS ? HALTS
				: status == STATUS_FORBIDDEN ? FORBIDDEN
				: status == STATUS_FAULT ? FAULTS
				: status == STATUS_KVM ? KVM_FAILS : -1);
		}
	}
	cases = until;
}

int main(int count, char **arguments)
{
	u64 total = count > 1 ? strtoull(arguments[1], 0, 10) : 1000000;
	state = count > 2 ? strtoull(arguments[2], 0, 10) | 1 : 1;
	run_page = malloc(0x1004);
	/* Small, on the heap: the sanitizer notices one byte too many on either side. */
	static const u64 sizes[] = {SMALLEST_MEMORY, 131072 + 8, 2 << 20};
	for (int i = 0; i < 3; i++) {
		u8 *memory = calloc(1, sizes[i]);
		drive(memory, sizes[i], total / 4 * (u64)(i + 1));
		free(memory);
	}
	/* All that a guest can have, between guard pages: sums wrap at 32 bits here. */
	u64 most = 1ull << 32;
	u8 *region = mmap(0, 3 * most, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED || mprotect(region + most, most, PROT_READ | PROT_WRITE))
		return 2;
	drive(region + most, most, total);
	printf("%llu cases; ended: fault %llu, forbidden %llu, kvm %llu; ring served %llu\n", (unsigned long long)total,
		(unsigned long long)ended[STATUS_FAULT], (unsigned long long)ended[STATUS_FORBIDDEN], (unsigned long long)ended[STATUS_KVM],
		(unsigned long long)kicks);
	return 0;
}
