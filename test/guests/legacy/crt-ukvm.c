/* The guest as a virtual machine of 2018. */
#include "ukvm.h"
#include "arch.h"

#define SECOND 1000000000ull

static const struct ukvm_boot_info *boot;

_Noreturn void guest_start(const struct ukvm_boot_info *info)
{
	boot = info;
	const struct guest guest = {info->memory_size, info->kernel_end, info->command_line, NULL, info};
	finish(run(&guest));
}

void console(const char *text, size_t length)
{
	struct { const char *text; u64 length; } puts = {text, length};
	if (length)
		hypercall(UKVM_PUTS, &puts);
}

u64 monotonic_ns(void)
{
	u64 now = cycles(), frequency = boot->cycles_per_second;
	return now / frequency * SECOND + now % frequency * SECOND / frequency;
}

u64 wall_clock_ns(void)
{
	struct { u64 ns; } walltime = {0};
	hypercall(UKVM_WALLTIME, &walltime);
	return walltime.ns;
}

void wait_ns(u64 ns)
{
	struct ukvm_poll poll = {ns, -1};
	hypercall(UKVM_POLL, &poll);
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
		hypercall(UKVM_HALT, &halt);
}

long raw_call(const u64 call[7])
{
	u64 arguments[6] = {call[1], call[2], call[3], call[4], call[5], call[6]};
	flush();
	hypercall((unsigned)call[0], arguments);
	return 0;
}

int is_readable(u64 address)
{
	(void)address;
	return -1;
}
