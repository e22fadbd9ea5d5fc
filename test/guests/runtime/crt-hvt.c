/* The guest as a virtual machine (hvt): what it asks of the host are the hypercalls of hvt_abi.h. */
#include "machine.h"
#include "ring.h"

/* hvt_abi.h: HVT_ABI_TARGET, HVT_ABI_VERSION. */
GUEST_ABI(1, 2);

/* hvt_abi.h: struct hvt_boot_info; the fields after `manifest` came with Solo5 0.11. */
struct boot_info {
	u64 memory_size, kernel_end, cycles_per_second;
	const char *command_line;
	const struct manifest *manifest;
	u32 host_features, guest_features;
	struct ring *ring;
};
enum { FEATURE_RING = 1 };

/* hvt_abi.h: enum hvt_hypercall. */
enum { HYPERCALL_BLOCK_WRITE = 4, HYPERCALL_BLOCK_READ = 5, HYPERCALL_NET_WRITE = 6, HYPERCALL_NET_READ = 7, HYPERCALL_HALT = 8 };
const unsigned halt_number = HYPERCALL_HALT;

static const struct boot_info *boot;

_Noreturn void guest_start(const struct boot_info *info)
{
	boot = info;
	cycles_per_second = info->cycles_per_second;
	const struct guest guest = {info->memory_size, info->kernel_end, info->command_line, info->manifest, info};
	finish(run(&guest));
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

struct ring *offered_ring(void)
{
	return boot->host_features & FEATURE_RING ? boot->ring : NULL;
}

void ring_add(struct ring *ring, struct ring_entry entry)
{
	ring->entries[ring->submitted % RING_SIZE] = entry;
	__sync_synchronize();
	ring->submitted++;
}

void ring_kick(void)
{
	hypercall(HYPERCALL_RING_KICK, NULL);
}

void ring_submit(struct ring *ring, struct ring_entry entry)
{
	ring_add(ring, entry);
	/* So that the tender's look at the entry and ours at its wish cannot miss each other. */
	__sync_synchronize();
	if (ring->needs_kick)
		ring_kick();
}

static size_t ring_read(struct ring *ring, u64 device, void *frame, size_t size)
{
	ring_submit(ring, (struct ring_entry){RING_NET_READ, (u32)device, (u64)frame, (u32)size, 0, 0});
	while (ring->seen == ring->completed)
		continue;
	__sync_synchronize();
	u32 at = ring->seen % RING_SIZE;
	size_t length = ring->commits[at].result == 0 ? ring->commits[at].length : 0;
	ring->seen++;
	return length;
}

/* What was submitted must stay as it is until it is taken; Solo5 has a buffer for each entry, which is 2 MiB. */
static int ring_write(struct ring *ring, u64 device, const void *frame, size_t length)
{
	enum { BUFFERS = 8 };
	static u8 buffers[BUFFERS][1518];
	if (length > sizeof *buffers)
		return 0;
	while (ring->submitted - ring->taken >= BUFFERS)
		continue;
	u8 *buffer = buffers[ring->submitted % BUFFERS];
	memcpy(buffer, frame, length);
	ring_submit(ring, (struct ring_entry){RING_NET_WRITE, (u32)device, (u64)buffer, (u32)length, 0, 0});
	return 1;
}

size_t net_read(u64 device, void *frame, size_t size)
{
	if (offered_ring())
		return ring_read(boot->ring, device, frame, size);
	struct { u64 device; void *frame; u64 size; i32 result; } read = {device, frame, size, 0};
	hypercall(HYPERCALL_NET_READ, &read);
	return read.result == 0 ? read.size : 0;
}

int net_write(u64 device, const void *frame, size_t length)
{
	if (offered_ring())
		return ring_write(boot->ring, device, frame, length);
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
