/*
 * The ring lies in guest memory, where the guest can write what it likes, and so can a frame that is read into the ring itself.
 * Nothing in it is therefore looked at twice: the number of entries is taken once, each entry is copied before it is checked.
 */
#include "ring.h"

/* Solo5 include/hvt_ring.h, HVT_RING_NET_WRITE and HVT_RING_NET_READ. */
enum { RING_NET_WRITE = 1, RING_NET_READ = 2 };

static struct ring *ring_of(const struct parameters *p)
{
	return (struct ring *)(p->memory + p->ring);
}

/*
 * And never takes it back. A guest that was not told to kick would spin on the completion of its read, and the loop that could
 * complete it runs only when the guest does not.
 */
void prepare_ring(const struct parameters *p)
{
	ring_of(p)->needs_kick = 1;
}

static void complete_read(const struct parameters *p, const struct ring_entry *entry, const struct device *net)
{
	struct ring *ring = ring_of(p);
	long count = read_frame(p, net, entry->data, entry->length);
	struct ring_commit *commit = &ring->commits[ring->completed % RING_SIZE];
	commit->id = entry->id;
	commit->result = count > 0 ? R_OK : count == 0 ? R_AGAIN : R_EUNSPEC;
	commit->length = count > 0 ? (u32)count : 0;
	ring->completed++;
}

void serve_ring(const struct parameters *p)
{
	struct ring *ring = ring_of(p);
	u32 taken = ring->taken, count = ring->submitted - taken;
	if (count > RING_SIZE)
		stop(p, STATUS_FORBIDDEN, "it put more into its ring than that holds, ", count);
	for (; count; count--) {
		struct ring_entry entry;
		__builtin_memcpy(&entry, &ring->entries[taken % RING_SIZE], sizeof entry);
		const struct device *net = device(p, entry.handle, DEVICE_NET);
		if (entry.operation == RING_NET_READ)
			complete_read(p, &entry, net);
		else if (entry.operation == RING_NET_WRITE)
			/* As on a wire, the guest does not learn whether it arrived. */
			write_frame(p, net, entry.data, entry.length);
		else
			stop(p, STATUS_FORBIDDEN, "it put an operation into its ring that there is not, ", entry.operation);
		ring->taken = ++taken;
	}
}
