/*
 * Drives the run loop, compiled with sanitizers, with hostile guests: `fuzz CASES SEED`. The loop's own source is included
 * as it is; only its system calls come here, and KVM_RUN is the guest. Each case is one exit of the guest. Checked are
 * every buffer that a system call is given, that a bad address or handle ends the guest (an oracle says when, in 128-bit
 * arithmetic), that a good one does not, and by the sanitizers and guard pages every access of the loop itself.
 */
#include "../../loop/loop.c"
#include "../../loop/hypercalls.c"
#include "../../loop/stop.c"
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

enum { GOES_ON, HALTS, FORBIDDEN, FAULTS, KVM_FAILS };
static struct parameters guest_parameters;
static struct kvm_run *run_page;
static u64 cases, limit, state, ended[256];
/* What the case before this one must have led to, what it did, and whether the kernel has been made to answer EFAULT. */
static int expected, status, faulted, in_case;
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

static int of_kind(u64 handle, u32 kind)
{
	return handle < guest_parameters.device_count && guest_parameters.devices[handle].kind == kind;
}

/* The oracle: what the hypercall must lead to. */
static int verdict(u64 number, u64 address, const u64 *words)
{
	static const u64 sizes[] = {0, 8, 16, 24, 40, 40, 32, 32, 16};
	if (number < 1 || number > 8 || !in_guest(address, sizes[number]))
		return FORBIDDEN;
	if (number == 2)
		return in_guest(words[0], words[1]) ? GOES_ON : FORBIDDEN;
	if (number == 4 || number == 5)
		return of_kind(words[0], 1) && in_guest(words[2], words[3]) ? GOES_ON : FORBIDDEN;
	if (number == 6 || number == 7)
		return of_kind(words[0], 2) && in_guest(words[1], words[2]) ? GOES_ON : FORBIDDEN;
	return number == 8 ? HALTS : GOES_ON;
}

static int make_hypercall(void)
{
	u64 size = guest_parameters.memory_size, number = one_in(16) ? next() % 0x10000 : next() % 10;
	u32 address = one_in(4) ? (u32)value(size) : (u32)(next() % (size - 64));
	u64 words[5];
	int harmless = one_in(2);
	for (int i = 0; i < 5; i++)
		words[i] = harmless ? next() % 1500 : value(size);
	if (number != 2 && !one_in(8))
		words[0] = next() % (guest_parameters.device_count + 1);
	u64 room = in_guest(address, 0) ? size - address : 0;
	if (room)
		memcpy(guest_parameters.memory + address, words, room < sizeof words ? room : sizeof words);
	run_page->exit_reason = KVM_EXIT_IO;
	run_page->io.direction = one_in(64) ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run_page->io.size = one_in(64) ? 1 << next() % 2 : 4;
	run_page->io.count = one_in(64) ? (u32)next() : 1;
	run_page->io.port = (uint16_t)(0x500 + number);
	run_page->io.data_offset = 0x1000;
	memcpy((u8 *)run_page + 0x1000, &address, sizeof address);
	if (run_page->io.direction != KVM_EXIT_IO_OUT || run_page->io.size != 4 || run_page->io.count != 1)
		return FORBIDDEN;
	number = (u64)run_page->io.port - 0x500;
	return verdict(number, address, words);
}

static int make_other_exit(void)
{
	memset(run_page, (int)next(), 256);
	run_page->exit_reason = one_in(2) ? (u32)(next() % 48) : (u32)next();
	if (run_page->exit_reason == KVM_EXIT_IO)
		run_page->exit_reason = KVM_EXIT_SHUTDOWN;
	u32 reason = run_page->exit_reason;
	return reason == KVM_EXIT_SHUTDOWN || reason == KVM_EXIT_MMIO || reason == KVM_EXIT_HLT ? FAULTS : KVM_FAILS;
}

/* The end of a case: did the loop do what it had to? A kernel that says EFAULT may end any guest. */
static void settle(int outcome)
{
	if (in_case)
		REQUIRE(outcome == expected || (faulted && outcome == FORBIDDEN));
	in_case = faulted = 0;
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

/* As much as was asked for, some of it, or an error; `count` bytes are there or the loop is wrong. */
static long transfer(void *data, u64 count, int fills)
{
	REQUIRE(inside(data, count));
	u64 done = one_in(4) && count ? 1 + next() % count : count;
	u8 *bytes = data;
	if (fills && done)
		bytes[0] = bytes[done - 1] = (u8)next();
	static const long errors[] = {-4, -11, -32, -14, -5}; /* EINTR, EAGAIN, EPIPE, EFAULT, EIO */
	if (!one_in(8))
		return (long)(done > 0x7ffff000 ? 0x7ffff000 : done); /* MAX_RW_COUNT, linux/fs.h */
	long error = errors[next() % 5];
	if (error == -14)
		faulted = 1;
	return error;
}

static long fill_events(struct epoll_event *events, long most)
{
	long count = (long)(next() % (u64)(most + 1));
	for (long i = 0; i < count; i++)
		events[i] = (struct epoll_event){1, one_in(4) ? 0xfffffffeu : next() % MOST_DEVICES};
	return one_in(8) ? -4 : count;
}

static long on_device(long number, int fd, void *data, u64 count, u64 offset)
{
	int block = number == __NR_pread64 || number == __NR_pwrite64;
	const struct device *device = &guest_parameters.devices[(fd - 100) & 63];
	REQUIRE(device->fd == fd && device->kind == (block ? DEVICE_BLOCK : DEVICE_NET));
	if (block)
		REQUIRE((unsigned __int128)offset + count <= device->capacity);
	return transfer(data, count, number == __NR_read || number == __NR_pread64);
}

long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	(void)e, (void)f;
	switch (number) {
	case __NR_ioctl:
		REQUIRE(a == guest_parameters.vcpu);
		if ((u64)b == KVM_RUN)
			return run_guest();
		REQUIRE((u64)b == KVM_GET_REGS);
		memset((void *)c, 0x5a, sizeof(struct kvm_regs));
		return one_in(8) ? -22 : 0;
	case __NR_write:
		if (a == 2) {
			REQUIRE(c > 40 && c <= 192 && ((const char *)b)[c - 1] == '\n' && !memchr((const char *)b, 0, (u64)c));
			return c;
		}
		return a == 1 ? transfer((void *)b, (u64)c, 0) : on_device(number, (int)a, (void *)b, (u64)c, 0);
	case __NR_read:
	case __NR_pread64:
	case __NR_pwrite64:
		return on_device(number, (int)a, (void *)b, (u64)c, (u64)d);
	case __NR_epoll_pwait:
		REQUIRE(a == guest_parameters.wait_set && c > 0 && c <= MOST_DEVICES);
		return fill_events((void *)b, c);
	case __NR_timerfd_settime: {
		const struct __kernel_itimerspec *timer = (const void *)c;
		REQUIRE(a == guest_parameters.timer && timer->it_value.tv_nsec > 0 && timer->it_value.tv_nsec < 1000000000);
		REQUIRE(timer->it_value.tv_sec >= 0 && timer->it_interval.tv_sec == 0 && timer->it_interval.tv_nsec == 0);
		return 0;
	}
	case __NR_clock_gettime:
		*(struct __kernel_timespec *)b = (struct __kernel_timespec){(long long)(next() >> 31), (long long)(next() % 1000000000)};
		return 0;
	case __NR_exit_group:
		status = (int)a;
		longjmp(end_of_guest, 2);
	}
	REQUIRE(!"an allowed call");
	return 0;
}

static void describe_guest(u8 *memory, u64 size)
{
	guest_parameters = (struct parameters){memory, size, run_page, 6, 7, 8, (u32)(next() % (MOST_DEVICES + 1)), {{0, 0, 0}}};
	for (u32 i = 0; i < MOST_DEVICES; i++) {
		u64 capacity = one_in(8) ? 0 : one_in(8) ? ~0ull >> 1 : 512 * (1 + next() % 4096);
		guest_parameters.devices[i] = (struct device){i < guest_parameters.device_count ? (u32)(next() % 3) : 0, (i32)(100 + i), capacity};
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
	static const u64 sizes[] = {4096, 65536 + 8, 2 << 20};
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
	printf("%llu cases; ended: fault %llu, forbidden %llu, kvm %llu\n", (unsigned long long)total,
		(unsigned long long)ended[STATUS_FAULT], (unsigned long long)ended[STATUS_FORBIDDEN], (unsigned long long)ended[STATUS_KVM]);
	return 0;
}
