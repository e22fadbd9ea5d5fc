#include "machine.h"

#define SECOND 1000000000ull

u64 cycles_per_second;

void console(const char *text, size_t length)
{
	struct { const char *text; u64 length; } puts = {text, length};
	if (length)
		hypercall(HYPERCALL_PUTS, &puts);
}

/* There is no clock but the processor's own counter, whose frequency the tender tells. */
u64 monotonic_ns(void)
{
	u64 now = cycles(), frequency = cycles_per_second;
	return now / frequency * SECOND + now % frequency * SECOND / frequency;
}

u64 wall_clock_ns(void)
{
	struct { u64 ns; } walltime = {0};
	hypercall(HYPERCALL_WALLTIME, &walltime);
	return walltime.ns;
}

void set_thread_pointer(void *pointer)
{
	set_thread_pointer_as_kernel(pointer);
}

_Noreturn void finish(int status)
{
	struct { void *cookie; i32 status; } halt = {0, status};
	flush();
	for (;;)
		hypercall(halt_number, &halt);
}

long raw_call(const u64 call[7])
{
	u64 arguments[6] = {call[1], call[2], call[3], call[4], call[5], call[6]};
	flush();
	hypercall((unsigned)call[0], arguments);
	return 0;
}

/* A fault would end the machine: it has no handler. */
int is_readable(u64 address)
{
	(void)address;
	return -1;
}
