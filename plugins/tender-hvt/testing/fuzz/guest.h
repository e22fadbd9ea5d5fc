/* The hostile guest: makes one exit after another, and knows what each must lead to. */
#include "verdict.h"
#include <exits.h>

static int make_hypercall(void)
{
	u64 size = guest_parameters.memory_size, number = one_in(16) ? next() % 0x10000 : one_in(8) ? KICK : next() % 12;
	u32 address = one_in(4) ? (u32)value(size) : (u32)(next() % (size - 64));
	u64 words[5];
	int harmless = one_in(2);
	for (int i = 0; i < 5; i++)
		words[i] = harmless ? next() % 1500 : value(size);
	if (HAS_HANDLES && number != 2 && !one_in(8))
		words[0] = next() % (guest_parameters.device_count + 1);
	u64 room = in_guest(address, 0) ? size - address : 0;
	if (room)
		memcpy(guest_parameters.memory + address, words, room < sizeof words ? room : sizeof words);
	int ring = number == KICK ? fill_ring() : GOES_ON;
	int outcome = make_exit(&number, address);
	if (outcome != GOES_ON)
		return outcome;
	return number == KICK ? ring : verdict(number, address, words);
}

static int make_other_exit(void)
{
	memset(run_page, (int)next(), 256);
	run_page->exit_reason = one_in(2) ? (u32)(next() % 48) : (u32)next();
	return run_page->exit_reason == KVM_EXIT_HLT ? AFTER_HALTED : other_verdict();
}

/* The end of a case: did the loop do what it had to? A kernel that says EFAULT may end any guest. */
static void settle(int outcome)
{
	if (in_case)
		REQUIRE(outcome == expected || (faulted && outcome == FORBIDDEN) ||
			(expected == ANYHOW && (outcome == GOES_ON || outcome == FORBIDDEN)));
	in_case = faulted = calm = 0;
}

static long run_guest(void)
{
	settle(GOES_ON);
	if (cases++ >= limit)
		longjmp(end_of_guest, 1);
	in_case = 1;
	if (one_in(64)) {
		expected = GOES_ON;
		return one_in(2) ? -4 : -11; /* EINTR, EAGAIN */
	}
	if (one_in(256)) {
		expected = one_in(2) ? FAULTS : KVM_FAILS;
		return expected == FAULTS ? -14 : -22; /* EFAULT, EINVAL */
	}
	expected = one_in(64) ? make_other_exit() : make_hypercall();
	return 0;
}
