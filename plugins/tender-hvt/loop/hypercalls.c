/*
 * The eight hypercalls (Solo5 include/hvt_abi.h). Everything in guest memory is hostile: each structure is copied before it
 * is looked at, each address and length is checked against the end of memory, each handle against the manifest.
 */
#include "loop.h"
#include "arch.h"

#define SECOND 1000000000ull
#define ALL_SIGNALS 8 /* sizeof(sigset_t) in the kernel */
enum { CLOCK_REALTIME = 0 };							/* linux/time.h */
enum { R_OK = 0, R_AGAIN = 1, R_EINVAL = 2, R_EUNSPEC = 3 };			/* Solo5 include/solo5.h, solo5_result_t */
enum { WALLTIME = 1, PUTS, POLL, BLOCK_WRITE, BLOCK_READ, NET_WRITE, NET_READ, HALT }; /* enum hvt_hypercall */

/* Cookie of the timer in the wait set; a device's cookie is its handle. */
#define TIMER_COOKIE 0xfffffffeu

struct walltime { u64 nanoseconds; };
struct puts { u64 data, length; };
struct poll { u64 timeout, ready; i32 count; };
struct block { u64 handle, offset, data, length; i32 result; };
struct net { u64 handle, data, length; i32 result; };
struct halt { u64 cookie; i32 status; };

/* The host's address of `length` bytes of guest memory; no sum is formed that could overflow. */
static u8 *guest(const struct parameters *p, u64 address, u64 length)
{
	if (address > p->memory_size || length > p->memory_size - address)
		stop(p, STATUS_FORBIDDEN, "it gave a hypercall an address outside its memory, ", address);
	return p->memory + address;
}

static const struct device *device(const struct parameters *p, u64 handle, u32 kind)
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

static long wait(const struct parameters *p, struct epoll_event *events, int count, int milliseconds)
{
	long ready;
	do
		ready = system_call(__NR_epoll_pwait, p->wait_set, (long)events, count, milliseconds, 0, ALL_SIGNALS);
	while (ready == -EINTR);
	return ready;
}

static void do_puts(const struct parameters *p, const struct puts *args)
{
	u8 *data = guest(p, args->data, args->length);
	for (u64 left = args->length; left;) {
		long written = call(__NR_write, 1, data, left, 0);
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
		left -= (u64)written;
	}
}

static void do_poll(const struct parameters *p, struct poll *args)
{
	/* Never zero, which would disarm the timer. */
	struct __kernel_itimerspec timer = {.it_value = {(long long)(args->timeout / SECOND), (long long)(args->timeout % SECOND) | 1}};
	struct epoll_event events[MOST_DEVICES];
	system_call(__NR_timerfd_settime, p->timer, 0, (long)&timer, 0, 0, 0);
	long count = wait(p, events, MOST_DEVICES, -1);
	args->ready = 0;
	args->count = 0;
	for (long i = 0; i < count; i++) {
		if (events[i].data >= MOST_DEVICES)
			continue;
		args->ready |= 1ull << events[i].data;
		args->count++;
	}
}

/* As Solo5's own tender: past the end of the device is an answer, not an offence. */
static i32 do_block(const struct parameters *p, const struct block *args, long number)
{
	const struct device *block = device(p, args->handle, DEVICE_BLOCK);
	u8 *data = guest(p, args->data, args->length);
	if (args->offset >= block->capacity || args->length > block->capacity - args->offset)
		return R_EINVAL;
	for (u64 done = 0; done < args->length;) {
		long count = call(number, block->fd, data + done, args->length - done, (long)(args->offset + done));
		if (count == -EFAULT)
			stop(p, STATUS_FORBIDDEN, "it gave a hypercall an address that it cannot write, ", args->data);
		if (count <= 0)
			return R_EUNSPEC;
		done += (u64)count;
	}
	return R_OK;
}

static i32 do_net(const struct parameters *p, struct net *args, long number)
{
	const struct device *net = device(p, args->handle, DEVICE_NET);
	u8 *data = guest(p, args->data, args->length);
	long count = call(number, net->fd, data, args->length, 0);
	if (count == -EFAULT)
		stop(p, STATUS_FORBIDDEN, "it gave a hypercall an address that it cannot write, ", args->data);
	if (number == __NR_write)
		return count >= 0 && (u64)count == args->length ? R_OK : R_EUNSPEC;
	if (count == 0 || count == -EAGAIN)
		return R_AGAIN;
	if (count < 0)
		return R_EUNSPEC;
	args->length = (u64)count;
	return R_OK;
}

_Noreturn static void do_halt(const struct halt *args)
{
	for (;;)
		system_call(__NR_exit_group, args->status, 0, 0, 0, 0, 0);
}

static u64 wall_clock(void)
{
	struct __kernel_timespec now = {0, 0};
	system_call(__NR_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0, 0, 0);
	return (u64)now.tv_sec * SECOND + (u64)now.tv_nsec;
}

/* The guest stands still meanwhile, and its structures need no alignment: they are copied in and out. */
#define TAKE(type)                                                                                             \
	struct type args;                                                                                      \
	u8 *const place = guest(p, address, sizeof args);                                                      \
	__builtin_memcpy(&args, place, sizeof args)
#define GIVE(field) __builtin_memcpy(place + offsetof(__typeof__(args), field), &args.field, sizeof args.field)

void hypercall(const struct parameters *p, u64 number, u64 address)
{
	if (number == WALLTIME) {
		TAKE(walltime);
		args.nanoseconds = wall_clock();
		GIVE(nanoseconds);
	} else if (number == PUTS) {
		TAKE(puts);
		do_puts(p, &args);
	} else if (number == POLL) {
		TAKE(poll);
		do_poll(p, &args);
		GIVE(ready);
		GIVE(count);
	} else if (number == BLOCK_WRITE || number == BLOCK_READ) {
		TAKE(block);
		args.result = do_block(p, &args, number == BLOCK_READ ? __NR_pread64 : __NR_pwrite64);
		GIVE(result);
	} else if (number == NET_WRITE || number == NET_READ) {
		TAKE(net);
		args.result = do_net(p, &args, number == NET_READ ? __NR_read : __NR_write);
		GIVE(length);
		GIVE(result);
	} else if (number == HALT) {
		TAKE(halt);
		do_halt(&args);
	} else {
		stop(p, STATUS_FORBIDDEN, "it made a hypercall that there is not, number ", number);
	}
}
