/*
 * What a test guest sees: the same for every tender. The formats are Solo5's public ABI, each with the header that
 * defines it; what a tender does is in crt-spt.c and crt-hvt.c (what has not changed since 2018: process.c and machine.c),
 * what a processor does in x86_64/ and aarch64/.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>
#include <stddef.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef int16_t i16;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;

/* One device, 104 bytes (mft_abi.h). The tender fills in what the guest does not know: all but name and kind. */
struct device {
	char name[68];
	u32 kind;
	union {
		struct { u64 capacity; u16 block_size; } block;
		struct { u8 mac[6]; u16 mtu; } net;
	};
	union { i32 descriptor; void *pointer; };
	u8 attached;
};
_Static_assert(sizeof(struct device) == 104, "an entry of the manifest is 104 bytes");

/* The manifest in memory (mft_abi.h): a device's handle is its index; entry 0 is reserved. */
struct manifest {
	u32 version;
	u32 count;
	struct device devices[];
};

enum { DEVICE_BLOCK = 1, DEVICE_NET = 2, DEVICE_RESERVED = 1 << 30 };

/* An ELF note owned by Solo5 (elf_abi.h): the owner's five letters and a NUL, padded to 8 bytes. */
struct note_header {
	u32 owner_size, descriptor_size, type;
	char owner[8];
};

#define NOTE_HEADER(number, size) { .owner_size = 6, .descriptor_size = (size), .type = (number), .owner = "Solo5" }

/* The ABI1 note (elf_abi.h). Tenders look only at the first note of each PT_NOTE, so it has a section of its own. */
#define GUEST_ABI(number, revision)                                                                            \
	const struct { struct note_header header; u32 target, version, reserved[2]; } abi_note                 \
		__attribute__((section(".note.guest.abi"), used, aligned(4))) = {                              \
			NOTE_HEADER(0x31494241, 16), (number), (revision), {0, 0}}

/*
 * The MFT1 note (mft_abi.h). The manifest holds 64-bit numbers, so it is aligned to 8 *in the note*: after the header of
 * 20 bytes come 4 of padding, which the descriptor's size includes. The note itself is only aligned to 4, as ELF notes
 * are; that guest.ld puts it first on a page aligns the rest.
 */
#define GUEST_MANIFEST(...)                                                                                    \
	const struct {                                                                                         \
		struct note_header header;                                                                     \
		u32 padding, version, count;                                                                   \
		struct device devices[DEVICE_COUNT(__VA_ARGS__)];                                              \
	} manifest_note __attribute__((section(".note.guest.manifest"), used, aligned(4))) = {                 \
		NOTE_HEADER(0x3154464d, 4 + 8 + sizeof(struct device) * DEVICE_COUNT(__VA_ARGS__)),            \
		0, 1, DEVICE_COUNT(__VA_ARGS__), {__VA_ARGS__}}
#define DEVICE_COUNT(...) (sizeof((const struct device[]){__VA_ARGS__}) / sizeof(struct device))
#define RESERVED_ENTRY {.kind = DEVICE_RESERVED}

/* Every guest states its devices once. */
#define NO_DEVICES GUEST_MANIFEST(RESERVED_ENTRY)
#define DEVICES(...) GUEST_MANIFEST(RESERVED_ENTRY, __VA_ARGS__)
#define NET(label) {.name = label, .kind = DEVICE_NET}
#define BLOCK(label) {.name = label, .kind = DEVICE_BLOCK}

/* What the tender told the guest, the same for spt and hvt. */
struct guest {
	u64 memory_size;
	u64 kernel_end;
	const char *command_line;
	const struct manifest *manifest;
	const void *boot_info;
};

/* The guest's own program; what it returns is its exit status. */
int run(const struct guest *guest);

/* What a tender offers: crt-spt.c and process.c, crt-hvt.c and machine.c. */
void console(const char *text, size_t length);
u64 monotonic_ns(void);
u64 wall_clock_ns(void);
void wait_ns(u64 ns);
void set_thread_pointer(void *pointer);
_Noreturn void finish(int status);
/* A frame from a network device, or to it; `device` is the handle. Reading answers its length, 0 where there is none. */
size_t net_read(u64 device, void *frame, size_t size);
int net_write(u64 device, const void *frame, size_t length);
/* Waits at most that long for a frame on any device. */
void wait_for_frames(u64 ns);
/* One block, by the device's handle (its index in the manifest); what comes back is how the tender answered: 0 is well. */
int read_block(const struct guest *guest, u32 handle, u64 offset, void *into);
int write_block(const struct guest *guest, u32 handle, u64 offset, const void *from);
/* Asks the host for something by number: a system call under spt, a hypercall under hvt. `call[0]` is the number. */
long raw_call(const u64 call[7]);
/* Whether a byte can be read there, found out without a fault: 1, 0, or -1 where there is no way to know. */
int is_readable(u64 address);

/* Text: text.c. A line leaves in one piece, so that lines of several guests do not mix. */
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
void put(const char *text);
void put_number(u64 number);
void put_hex(u64 number);
void put_device(const struct device *device);
void flush(void);
int same(const char *left, const char *right);
int has_word(const char *cursor);
/* Whether the next word is this one; moves past it if so. */
int take_word(const char **cursor, const char *word);
u64 next_number(const char **cursor, u64 otherwise);

#endif
