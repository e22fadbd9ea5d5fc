/* The guest as a process, as Solo5 had it in 2018: it waits with ppoll, and has no thread pointer of its own. */
#include "legacy.h"
#include "arch.h"

enum { CLOCK_REALTIME, CLOCK_MONOTONIC };
enum { EINTR = 4 };
#define SECOND 1000000000ull

struct timespec { u64 seconds, nanoseconds; };

_Noreturn void guest_start(const struct legacy_boot_info *boot)
{
	const struct guest guest = {boot->memory_size, boot->kernel_end, boot->command_line, NULL, boot};
	finish(run(&guest));
}

void console(const char *text, size_t length)
{
	while (length) {
		long written = system_call(SYS_write, 1, (long)text, (long)length, 0, 0, 0);
		if (written == -EINTR)
			continue;
		if (written <= 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

static u64 clock(int which)
{
	struct timespec now;
	if (system_call(SYS_clock_gettime, which, (long)&now, 0, 0, 0, 0))
		finish(255);
	return now.seconds * SECOND + now.nanoseconds;
}

u64 monotonic_ns(void)
{
	return clock(CLOCK_MONOTONIC);
}

u64 wall_clock_ns(void)
{
	return clock(CLOCK_REALTIME);
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

_Noreturn void finish(int status)
{
	flush();
	for (;;)
		system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

long raw_call(const u64 call[7])
{
	flush();
	return system_call((long)call[0], (long)call[1], (long)call[2], (long)call[3], (long)call[4], (long)call[5],
		(long)call[6]);
}

int is_readable(u64 address)
{
	(void)address;
	return -1;
}
