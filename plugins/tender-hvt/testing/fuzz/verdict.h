/* The oracle: what a hypercall must lead to, by the rules of each ABI in 128-bit arithmetic. */
#ifdef LEGACY

#define HAS_HANDLES 0
#define AFTER_HALTED HALTS

/* The first device of a kind, if there is one. */
static const struct device *first_of(u32 kind)
{
	for (u32 i = 0; i < guest_parameters.device_count; i++)
		if (guest_parameters.devices[i].kind == kind)
			return &guest_parameters.devices[i];
	return 0;
}

static int verdict(u64 number, u64 address, const u64 *words)
{
	static const u64 sizes[] = {0, 8, 16, 16, 24, 32, 32, 6, 24, 24, 16};
	if (number < 1 || number > 10 || !in_guest(address, sizes[number]))
		return FORBIDDEN;
	if (number == 2)
		return in_guest(words[0], words[1]) ? GOES_ON : FORBIDDEN;
	if (number == 5 || number == 6) {
		const struct device *disk = first_of(DEVICE_BLOCK);
		int there = disk && words[0] < disk->capacity / 512;
		return !there || in_guest(words[1], words[2]) ? GOES_ON : FORBIDDEN;
	}
	if (number == 8 || number == 9)
		return !first_of(DEVICE_NET) || in_guest(words[0], words[1]) ? GOES_ON : FORBIDDEN;
	return number == 10 ? HALTS : GOES_ON;
}

static int fill_ring(void)
{
	return FORBIDDEN;
}

#else

#define HAS_HANDLES 1
#define AFTER_HALTED FAULTS

static int of_kind(u64 handle, u32 kind)
{
	return handle < guest_parameters.device_count && guest_parameters.devices[handle].kind == kind;
}

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

/* Whether what is read to an address may change entries that are still to be looked at. */
static int over_ring(u64 address, u64 length)
{
	return length > 0 && address < guest_parameters.ring + sizeof(struct ring) && address + length > guest_parameters.ring;
}

/* What an honest guest would submit, where it has a network device at all. */
static struct ring_entry honest_entry(void)
{
	u32 handle = 0;
	while (handle < guest_parameters.device_count && !of_kind(handle, DEVICE_NET))
		handle++;
	return (struct ring_entry){1 + (u32)(next() % 2), handle, next() % 1500, (u32)(next() % 1500), (u32)next(), 0};
}

static struct ring_entry hostile_entry(void)
{
	u64 size = guest_parameters.memory_size;
	u32 handle = (u32)(next() % (guest_parameters.device_count + 1));
	return (struct ring_entry){one_in(4) ? (u32)next() : 1 + (u32)(next() % 2), handle, value(size), (u32)value(size), (u32)next(), 0};
}

static int entry_verdict(const struct ring_entry *entry)
{
	if (!of_kind(entry->handle, DEVICE_NET) || entry->operation < 1 || entry->operation > 2 || !in_guest(entry->data, entry->length))
		return FORBIDDEN;
	return entry->operation == 2 && over_ring(entry->data, entry->length) ? ANYHOW : GOES_ON;
}

/* Puts entries into the ring, if there is one, and answers what a kick must lead to. */
static int fill_ring(void)
{
	if (!guest_parameters.ring)
		return FORBIDDEN;
	struct ring *ring = (struct ring *)(guest_parameters.memory + guest_parameters.ring);
	/* Full of honest entries, and one more than that. */
	int flood = one_in(64);
	calm = flood;
	u32 count = flood ? RING_SIZE + (u32)(next() % 2) : one_in(32) ? (u32)value(guest_parameters.memory_size) : (u32)(next() % 4);
	/* A guest may write what only the host should: also its counters are not to be trusted. */
	if (one_in(4)) {
		ring->taken = one_in(2) ? (u32)next() : (u32)-1;
		ring->completed = (u32)next();
	}
	ring->submitted = ring->taken + count;
	int outcome = GOES_ON;
	for (u32 i = 0; i < count && i < RING_SIZE; i++) {
		struct ring_entry *entry = &ring->entries[(ring->taken + i) % RING_SIZE];
		*entry = flood || !one_in(4) ? honest_entry() : hostile_entry();
		if (outcome == GOES_ON)
			outcome = entry_verdict(entry);
	}
	if (count > RING_SIZE)
		return FORBIDDEN;
	kicks += outcome == GOES_ON && count > 0;
	return outcome;
}

#endif
