/* The ring of network devices under hvt (Solo5 0.11, include/hvt_ring.h, bindings/hvt/net.c), as guests of Solo5 use it. */
#ifndef RING_H
#define RING_H

#include "guest.h"

enum { RING_SIZE = 1024, RING_NET_WRITE = 1, RING_NET_READ = 2 };

/* struct hvt_ring; in its names: ent_tail, com_head; ent_head, com_tail, needs_kick; entries, commits. */
struct ring {
	volatile u32 submitted, seen;
	u8 padding[56];
	volatile u32 taken, completed, needs_kick;
	u8 more_padding[52];
	struct ring_entry { u32 operation, handle; u64 data; u32 length, id; u64 unused; } entries[RING_SIZE];
	volatile struct { u32 id; i32 result; u32 length, unused; } commits[RING_SIZE];
};

/* The ring that the tender offers, or NULL: then there are hypercalls. */
struct ring *offered_ring(void);

/* Submits an entry, and tells of it if the tender wants to be told. */
void ring_submit(struct ring *ring, struct ring_entry entry);
/* Only writes it down. */
void ring_add(struct ring *ring, struct ring_entry entry);
/* Tells of what is written down. */
void ring_kick(void);

#endif
