/* The guest as a virtual machine (hvt): what it asks of the host are the hypercalls of hvt_abi.h. */
#include "guest.h"
#include "arch.h"

/* hvt_abi.h: HVT_ABI_TARGET, HVT_ABI_VERSION. */
GUEST_ABI(1, 2);

/* hvt_abi.h: struct hvt_boot_info; the fields after `manifest` (ring I/O) are newer than ABI 2 and not used. */
struct boot_info {
	u64 memory_size, kernel_end, cycles_per_second;
	const char *command_line;
	const struct manifest *manifest;
};

/* hvt_abi.h: enum hvt_hypercall. */
enum { HYPERCALL_WALLTIME = 1, HYPERCALL_PUTS = 2, HYPERCALL_POLL = 3 };
enum { HYPERCALL_BLOCK_WRITE = 4, HYPERCALL_BLOCK_READ = 5, HYPERCALL_NET_WRITE = 6, HYPERCALL_NET_READ = 7, HYPERCALL_HALT = 8 };
#define SECOND 1000000000ull

static const struct boot_info *boot;

_Noreturn void guest_start(const struct boot_info *info)
{
	boot = info;
	const struct guest guest = {info->memory_size, info->kernel_end, info->command_line, info->manifest, info};
	finish(run(&guest));
}

void console(const char *text, size_t length)
{
	struct { const char *text; u64 length; } puts = {text, length};
	if (length)
		hypercall(HYPERCALL_PUTS, &puts);
}

/* There is no clock but the processor's own counter, whose frequency the tender tells. */
u64 monotonic_ns(void)
{
	u64 now = cycles(), frequency = boot->cycles_per_second;
	return now / frequency * SECOND + now % frequency * SECOND / frequency;
}

u64 wall_clock_ns(void)
{
	struct { u64 ns; } walltime = {0};
	hypercall(HYPERCALL_WALLTIME, &walltime);
	return walltime.ns;
}

void wait_ns(u64 ns)
{
	struct { u64 timeout, ready; i32 count; } poll = {.timeout = ns};
	hypercall(HYPERCALL_POLL, &poll);
}

/* A poll ends with the first frame or with the time. */
void wait_for_frames(u64 ns)
{
	wait_ns(ns);
}

size_t net_read(u64 device, void *frame, size_t size)
{
	struct { u64 device; void *frame; u64 size; i32 result; } read = {device, frame, size, 0};
	hypercall(HYPERCALL_NET_READ, &read);
	return read.result == 0 ? read.size : 0;
}

int net_write(u64 device, const void *frame, size_t length)
{
	struct { u64 device; const void *frame; u64 length; i32 result; } write = {device, frame, length, 0};
	hypercall(HYPERCALL_NET_WRITE, &write);
	return write.result == 0;
}

static int transfer_block(unsigned number, const struct guest *guest, u32 handle, u64 offset, const void *data)
{
	struct { u64 handle, offset; const void *data; u64 length; i32 result; } block = {
		handle, offset, data, guest->manifest->devices[handle].block.block_size, -1};
	hypercall(number, &block);
	return block.result;
}

int read_block(const struct guest *guest, u32 handle, u64 offset, void *into)
{
	return transfer_block(HYPERCALL_BLOCK_READ, guest, handle, offset, into);
}

int write_block(const struct guest *guest, u32 handle, u64 offset, const void *from)
{
	return transfer_block(HYPERCALL_BLOCK_WRITE, guest, handle, offset, from);
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
		hypercall(HYPERCALL_HALT, &halt);
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
