/* The ring of network devices (Solo5 include/hvt_ring.h), without the thread that serves it there: docs/decisions/0010. */
#ifndef RING_H
#define RING_H

#include "calls.h"

/* HVT_RING_SIZE */
#define RING_SIZE 1024

/* struct hvt_ring_entry: what the guest asks for. */
struct ring_entry { u32 operation, handle; u64 data; u32 length, id; u64 unused; };
/* struct hvt_ring_commit: what became of a read. */
struct ring_commit { u32 id; i32 result; u32 length, unused; };

/* struct hvt_ring; counters only ever grow, and wrap around. In Solo5's names: ent_tail, com_head; ent_head, com_tail. */
struct ring {
	u32 submitted, seen;
	u8 padding[56];
	u32 taken, completed, needs_kick;
	u8 more_padding[52];
	struct ring_entry entries[RING_SIZE];
	struct ring_commit commits[RING_SIZE];
};
_Static_assert(offsetof(struct ring, taken) == 64, "what the host writes has a cache line of its own");
_Static_assert(offsetof(struct ring, entries) == 128, "entries follow on two cache lines");
_Static_assert(sizeof(struct ring) == 49280, "the engine leaves room for it (../ring.ts)");

/* Tells the guest to make an exit for each entry. */
void prepare_ring(const struct parameters *p);

/* Does what the guest has submitted, all of it. */
void serve_ring(const struct parameters *p);

#endif
