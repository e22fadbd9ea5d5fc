/*
 * What a guest of 2018 finds and may do. Words of the command line, done in order:
 *   info          the boot information
 *   disk          reads block 0 as text, writes block 1 and reads it back
 *   find WORD     whether a block of the disk begins with that word, as a file's content does
 *   past-end      reads the block after the last
 *   net           waits for a frame, for 100 ms, and sends one
 *   thread        the word at 0x28 behind the thread pointer, where compilers keep their canary
 *   execute-heap  runs an instruction on the heap
 *   other-mask    waits with a signal mask, which no guest does
 */
#include "legacy.h"
#include "arch.h"

static const struct legacy_boot_info *boot;
static u8 block[512];

static void info(void)
{
	put("disk: ");
	put_number((u64)boot->disk.present);
	put(" size: ");
	put_number(boot->disk.size);
	put(" block: ");
	put_number(boot->disk.block_size);
	put("\nnet: ");
	put_number((u64)boot->net.present);
	put(" mac: ");
	for (int i = 0; i < 6; i++) {
		put(i ? ":" : "");
		put_hex(boot->net.mac[i]);
	}
	put("\n");
}

static void disk(void)
{
	const char mark[] = "written by the guest";
	if (system_call(LEGACY_pread64, boot->disk.descriptor, (long)block, 512, 0, 0, 0) != 512)
		put("read failed\n");
	block[40] = 0;
	put((const char *)block);
	put("\n");
	memset(block, 0, sizeof block);
	memcpy(block, mark, sizeof mark);
	long written = system_call(LEGACY_pwrite64, boot->disk.descriptor, (long)block, 512, 512, 0, 0);
	memset(block, 0, sizeof block);
	if (system_call(LEGACY_pread64, boot->disk.descriptor, (long)block, 512, 512, 0, 0) != 512)
		put("read back failed\n");
	put(written == 512 ? (const char *)block : "read-only");
	put("\n");
}

static void find(const char **cursor)
{
	while (**cursor == ' ')
		++*cursor;
	const char *word = *cursor;
	size_t length = 0;
	for (; **cursor && **cursor != ' '; ++*cursor)
		length++;
	for (u64 at = 0; at < boot->disk.size; at += sizeof block) {
		if (system_call(LEGACY_pread64, boot->disk.descriptor, (long)block, sizeof block, (long)at, 0, 0) != sizeof block)
			break;
		size_t same = 0;
		while (same < length && same < sizeof block && block[same] == (u8)word[same])
			same++;
		if (same == length) {
			put("found\n");
			return;
		}
	}
	put("not found\n");
}

static void net(void)
{
	u8 frame[60] = {255, 255, 255, 255, 255, 255};
	memcpy(frame + 6, boot->net.mac, 6);
	frame[12] = 0x88, frame[13] = 0xb5; /* linux/if_ether.h: an experimental type, ETH_P_802_EX1 */
	put(legacy_poll(boot, 100000000) ? "a frame came\n" : "no frame came\n");
	put(system_call(SYS_write, boot->net.descriptor, (long)frame, sizeof frame, 0, 0, 0) == sizeof frame ? "sent\n" : "not sent\n");
}

static void execute_heap(void)
{
	u8 *heap = (u8 *)((boot->kernel_end + 0xfff) & ~0xfffull);
	heap[0] = RETURN_INSTRUCTION;
	put("about to run the heap\n");
	flush();
	((void (*)(void))heap)();
	put("still alive\n");
}

static void thread(void)
{
	u64 canary;
	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(canary));
	put("canary: ");
	put_hex(canary);
	put("\n");
}

static void other_mask(void)
{
	u64 mask = 0;
	flush();
	system_call(LEGACY_ppoll, 0, 0, 0, (long)&mask, 8, 0);
	put("still alive\n");
}

/* The words behind the program's name where the command line is rumprun's: what `"cmdline":"` begins with. */
static const char *words(char *line)
{
	static const char key[] = "\"cmdline\":\"";
	if (*line != '{')
		return line;
	size_t seen = 0;
	while (*line && seen < sizeof(key) - 1)
		seen = *line == key[seen] ? seen + 1 : 0, line++;
	while (*line && *line != ' ' && *line != '"')
		line++;
	for (char *end = line; *end; end++)
		if (*end == '"')
			*end = 0;
	return line;
}

int run(const struct guest *guest)
{
	const char *cursor = words((char *)guest->command_line);
	boot = guest->boot_info;
	while (has_word(cursor)) {
		if (take_word(&cursor, "info"))
			info();
		else if (take_word(&cursor, "disk"))
			disk();
		else if (take_word(&cursor, "find"))
			find(&cursor);
		else if (take_word(&cursor, "past-end"))
			put_number((u64)system_call(LEGACY_pread64, boot->disk.descriptor, (long)block, 512, (long)boot->disk.size, 0, 0));
		else if (take_word(&cursor, "net"))
			net();
		else if (take_word(&cursor, "thread"))
			thread();
		else if (take_word(&cursor, "execute-heap"))
			execute_heap();
		else if (take_word(&cursor, "other-mask"))
			other_mask();
		else
			return 64;
	}
	return 0;
}
