/*
 * Uses the ring of network devices as guests of Solo5 never do. Words of the command line, done in order:
 *   info           whether there is one, and where memory ends
 *   batch N        writes N frames down and tells of them once
 *   wrap           begins just before its counters and its last entry wrap around
 *   read-over      reads a frame over the ring itself, as far as one comes within a second
 *   flood          one entry more than there are
 *   operation N    asks for an operation that there is not
 *   handle N       names a device that there is not
 *   address N M    writes M bytes from the address N
 *   kick           tells of nothing
 */
#include "ring.h"

DEVICES(NET("service"));

static u8 frame[60] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5}; /* linux/if_ether.h: ETH_P_802_EX1 */
static const struct ring_entry honest = {RING_NET_WRITE, 1, (u64)frame, sizeof frame, 0, 0};

static void info(const struct guest *guest, const struct ring *ring)
{
	put(ring ? "a ring is offered, " : "no ring is offered, ");
	put(ring && (u64)ring == guest->memory_size ? "where memory ends\n" : "elsewhere\n");
}

static void submit(struct ring *ring, struct ring_entry entry)
{
	flush();
	ring_submit(ring, entry);
}

static void batch(struct ring *ring, u64 count)
{
	u32 before = ring->taken;
	for (u64 i = 0; i < count; i++)
		ring_add(ring, honest);
	flush();
	ring_kick();
	put("taken: ");
	put_number(ring->taken - before);
	put("\n");
}

static void read_over(struct ring *ring)
{
	for (int tries = 0; tries < 100; tries++) {
		wait_for_frames(10000000);
		u32 completed = ring->completed;
		ring_submit(ring, (struct ring_entry){RING_NET_READ, 1, (u64)ring, sizeof *ring, 0, 0});
		/* Counters are now what somebody on the network wrote. */
		if (ring->completed != completed + 1)
			break;
	}
	ring->submitted = ring->taken = ring->seen = ring->completed = 0;
	put("read over the ring\n");
}

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	struct ring *ring = offered_ring();
	while (has_word(cursor)) {
		if (take_word(&cursor, "info")) {
			info(guest, ring);
			continue;
		}
		if (!ring)
			return 1;
		struct ring_entry entry = honest;
		if (take_word(&cursor, "batch")) {
			batch(ring, next_number(&cursor, 1));
		} else if (take_word(&cursor, "wrap")) {
			ring->submitted = ring->taken = (u32)-3;
			ring->seen = ring->completed = (u32)-2;
		} else if (take_word(&cursor, "read-over")) {
			read_over(ring);
		} else if (take_word(&cursor, "flood")) {
			batch(ring, RING_SIZE + 1);
		} else if (take_word(&cursor, "operation")) {
			entry.operation = (u32)next_number(&cursor, 0);
			submit(ring, entry);
		} else if (take_word(&cursor, "handle")) {
			entry.handle = (u32)next_number(&cursor, 0);
			submit(ring, entry);
		} else if (take_word(&cursor, "address")) {
			entry.data = next_number(&cursor, 0);
			entry.length = (u32)next_number(&cursor, 0);
			submit(ring, entry);
		} else if (take_word(&cursor, "kick")) {
			flush();
			ring_kick();
		} else {
			return 64;
		}
	}
	return 0;
}
