/* The guest as a process, as Solo5 had it in 2018: it waits with ppoll, and has no thread pointer of its own. */
#include "legacy.h"
#include "process.h"

_Noreturn void guest_start(const struct legacy_boot_info *boot)
{
	const struct guest guest = {boot->memory_size, boot->kernel_end, boot->command_line, NULL, boot};
	finish(run(&guest));
}

int legacy_poll(const struct legacy_boot_info *boot, u64 ns)
{
	struct poll poll = {boot ? boot->net.descriptor : -1, POLLIN, 0};
	const struct timespec timeout = {ns / SECOND, ns % SECOND};
	long ready = system_call(LEGACY_ppoll, (long)&poll, boot && boot->net.present, (long)&timeout, 0, 0, 0);
	if (ready < 0 && ready != -EINTR)
		finish(255);
	return ready > 0;
}

void wait_ns(u64 ns)
{
	flush();
	for (u64 end = monotonic_ns() + ns, now; (now = monotonic_ns()) < end;)
		legacy_poll(NULL, end - now);
}

/* The tender set it once and for all. */
void set_thread_pointer(void *pointer)
{
	(void)pointer;
	finish(255);
}

int is_readable(u64 address)
{
	(void)address;
	return -1;
}
