/* The guest as a process (spt): what it asks of the host are the few system calls that spt_core.c allows. */
#include "process.h"
#include "ring.h"

/* spt_abi.h: SPT_ABI_TARGET, SPT_ABI_VERSION. */
GUEST_ABI(2, 2);

/* spt_abi.h: struct spt_boot_info. */
struct boot_info {
	u64 memory_size, kernel_end;
	const char *command_line;
	const struct manifest *manifest;
	i32 epoll, timer;
};

/* linux/time_types.h, struct __kernel_itimerspec, and linux/eventpoll.h. */
struct timer { struct timespec interval, value; };
struct event { u32 events; u64 data; } EPOLL_EVENT_LAYOUT;

static const struct boot_info *boot;

_Noreturn void guest_start(const struct boot_info *info)
{
	boot = info;
	const struct guest guest = {info->memory_size, info->kernel_end, info->command_line, info->manifest, info};
	finish(run(&guest));
}

/* The way Solo5 waits: the timer is one of the descriptors in the wait set (spt_abi.h, SPT_INTERNAL_TIMERFD). */
static void wait_until(u64 ns, int or_frames)
{
	const struct timer timer = {.value = {ns / SECOND, (ns % SECOND) | 1}};
	struct event event;
	if (system_call(SYS_timerfd_settime, boot->timer, 0, (long)&timer, 0, 0, 0))
		finish(255);
	for (;;) {
		long ready = system_call(SYS_epoll_pwait, boot->epoll, (long)&event, 1, -1, 0, 0);
		if (ready == 1 && (or_frames || event.data == 0xfffffffe))
			return;
		if (ready < 0 && ready != -EINTR)
			finish(255);
	}
}

void wait_ns(u64 ns)
{
	wait_until(ns, 0);
}

void wait_for_frames(u64 ns)
{
	wait_until(ns, 1);
}

size_t net_read(u64 device, void *frame, size_t size)
{
	long length = system_call(SYS_read, boot->manifest->devices[device].descriptor, (long)frame, (long)size, 0, 0, 0);
	return length > 0 ? (size_t)length : 0;
}

int net_write(u64 device, const void *frame, size_t length)
{
	long written = system_call(SYS_write, boot->manifest->devices[device].descriptor, (long)frame, (long)length, 0, 0, 0);
	return written == (long)length;
}

/* A process reads and writes its devices itself. */
struct ring *offered_ring(void)
{
	return NULL;
}

void ring_add(struct ring *ring, struct ring_entry entry)
{
	(void)ring, (void)entry;
}

void ring_submit(struct ring *ring, struct ring_entry entry)
{
	(void)ring, (void)entry;
}

void ring_kick(void)
{
}

int read_block(const struct guest *guest, u32 handle, u64 offset, void *into)
{
	const struct device *device = &guest->manifest->devices[handle];
	long size = device->block.block_size;
	return system_call(SYS_pread64, device->descriptor, (long)into, size, (long)offset, 0, 0) == size ? 0 : 1;
}

int write_block(const struct guest *guest, u32 handle, u64 offset, const void *from)
{
	const struct device *device = &guest->manifest->devices[handle];
	long size = device->block.block_size;
	return system_call(SYS_pwrite64, device->descriptor, (long)from, size, (long)offset, 0, 0) == size ? 0 : 1;
}

void set_thread_pointer(void *pointer)
{
	if (set_thread_pointer_as_process(pointer))
		finish(255);
}

/* An allowed call that only reads through a pointer tells a readable page from any other, and changes nothing that lasts. */
int is_readable(u64 address)
{
	return system_call(SYS_timerfd_settime, boot->timer, 0, (long)address, 0, 0, 0) != -EFAULT;
}
