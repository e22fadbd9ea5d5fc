#include "calls.h"

#define SECOND 1000000000ull
#define ALL_SIGNALS 8 /* sizeof(sigset_t) in the kernel */
enum { CLOCK_REALTIME = 0 }; /* linux/time.h */

/* Cookie of the timer in the wait set; a device's cookie is its handle. */
#define TIMER_COOKIE 0xfffffffeu

/* No sum is formed that could overflow. */
u8 *guest(const struct parameters *p, u64 address, u64 length)
{
	if (address > p->memory_size || length > p->memory_size - address)
		stop(p, STATUS_FORBIDDEN, "it gave a hypercall an address outside its memory, ", address);
	return p->memory + address;
}

const struct device *device(const struct parameters *p, u64 handle, u32 kind)
{
	if (handle >= p->device_count || p->devices[handle].kind != kind)
		stop(p, STATUS_FORBIDDEN, "it gave a hypercall a handle of no such device, ", handle);
	return &p->devices[handle];
}

/* A call that no signal cuts short: the only ones that come end the process. */
static long call(long number, long a, u8 *b, u64 c, long d)
{
	long result;
	do
		result = system_call(number, a, (long)b, (long)c, d, 0, 0);
	while (result == -EINTR);
	return result;
}

/* The same with an address that the guest chose: its text and constants are read-only. */
static long call_with(const struct parameters *p, long number, i32 fd, u8 *data, u64 length, u64 offset)
{
	long result = call(number, fd, data, length, (long)offset);
	if (result == -EFAULT)
		stop(p, STATUS_FORBIDDEN, "it gave a hypercall an address that it cannot write, ", (u64)(data - p->memory));
	return result;
}

static long wait(const struct parameters *p, struct epoll_event *events, int count, int milliseconds)
{
	long ready;
	do
		ready = system_call(__NR_epoll_pwait, p->wait_set, (long)events, count, milliseconds, 0, ALL_SIGNALS);
	while (ready == -EINTR);
	return ready;
}

void write_console(const struct parameters *p, u64 at, u64 length)
{
	u8 *data = guest(p, at, length);
	while (length) {
		long written = call(__NR_write, 1, data, length, 0);
		if (written == -EAGAIN) {
			/* Whoever made the pipe non-blocking reads slowly: a rest of a millisecond. */
			struct epoll_event event;
			wait(p, &event, 1, 1);
			continue;
		}
		/* Nobody listens any more: that is no reason to end. */
		if (written <= 0)
			return;
		data += written;
		length -= (u64)written;
	}
}

i32 wait_for_devices(const struct parameters *p, u64 nanoseconds, u64 *ready)
{
	/* Never zero, which would disarm the timer. */
	struct __kernel_itimerspec timer = {.it_value = {(long long)(nanoseconds / SECOND), (long long)(nanoseconds % SECOND) | 1}};
	struct epoll_event events[MOST_DEVICES];
	system_call(__NR_timerfd_settime, p->timer, 0, (long)&timer, 0, 0, 0);
	long count = wait(p, events, MOST_DEVICES, -1);
	i32 found = 0;
	*ready = 0;
	for (long i = 0; i < count; i++) {
		if (events[i].data >= MOST_DEVICES)
			continue;
		*ready |= 1ull << events[i].data;
		found++;
	}
	return found;
}

/* As Solo5's own tender: past the end of the device is an answer, not an offence. */
i32 transfer_block(const struct parameters *p, const struct device *block, long number, u64 offset, u64 at, u64 length)
{
	u8 *data = guest(p, at, length);
	if (offset >= block->capacity || length > block->capacity - offset)
		return R_EINVAL;
	for (u64 done = 0; done < length;) {
		long count = call_with(p, number, block->fd, data + done, length - done, offset + done);
		if (count <= 0)
			return R_EUNSPEC;
		done += (u64)count;
	}
	return R_OK;
}

long read_frame(const struct parameters *p, const struct device *net, u64 data, u64 length)
{
	long count = call_with(p, __NR_read, net->fd, guest(p, data, length), length, 0);
	return count == -EAGAIN ? 0 : count;
}

int write_frame(const struct parameters *p, const struct device *net, u64 data, u64 length)
{
	long count = call_with(p, __NR_write, net->fd, guest(p, data, length), length, 0);
	return count >= 0 && (u64)count == length;
}

u64 wall_clock(void)
{
	struct __kernel_timespec now = {0, 0};
	system_call(__NR_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0, 0, 0);
	return (u64)now.tv_sec * SECOND + (u64)now.tv_nsec;
}

_Noreturn void halt(i32 status)
{
	for (;;)
		system_call(__NR_exit_group, status, 0, 0, 0, 0, 0);
}
