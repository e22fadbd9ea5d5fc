/*
 * What a virtual machine of 2018 finds and may do. Words of the command line, done in order:
 *   info      memory, where its boot information is, disk and network device
 *   disk      reads sector 0 as text, writes sector 1 and reads it back
 *   past-end  reads the sector after the last, and two from the last on
 *   net       waits for a frame, for 100 ms, sends one, and reads
 *   low       writes below the program, where IncludeOS has its statistics and its stack
 *   halt      ends by halting the processor, as guests of 2017 and IncludeOS do
 */
#include "ukvm.h"
#include "arch.h"

static u8 sectors[1024];

static struct ukvm_disk_info disk_info(void)
{
	struct ukvm_disk_info info = {1, 1, -1};
	hypercall(UKVM_DISK_INFO, &info);
	return info;
}

static i32 transfer(unsigned number, u64 sector, u64 length)
{
	struct ukvm_disk disk = {sector, sectors, length, 99};
	hypercall(number, &disk);
	return disk.result;
}

static void put_result(const char *what, i32 result)
{
	put(what);
	put(result == 0 ? ": well\n" : result == -1 ? ": -1\n" : ": neither\n");
}

static void info(const struct guest *guest)
{
	const struct ukvm_disk_info disk = disk_info();
	put("memory: ");
	put_number(guest->memory_size);
	put("\nboot information: ");
	put_hex((u64)guest->boot_info);
	put("\ndisk: ");
	put_number(disk.sectors);
	put(" sectors of ");
	put_number(disk.sector_size);
	put(disk.writable == 1 ? ", writable\n" : disk.writable == 0 ? ", read-only\n" : ", neither\n");
	/* What follows on six bytes is the guest's own. */
	struct { struct ukvm_net_info net; u8 after[2]; } mac = {.after = {0xaa, 0xbb}};
	hypercall(UKVM_NET_INFO, &mac);
	put("mac:");
	for (int i = 0; i < 6; i++) {
		put(" ");
		put_hex(mac.net.mac[i]);
	}
	put(mac.after[0] == 0xaa && mac.after[1] == 0xbb ? "\n" : " and more\n");
}

static void disk(void)
{
	const char mark[] = "written by the guest";
	if (transfer(UKVM_DISK_READ, 0, 512))
		put("read failed\n");
	sectors[40] = 0;
	put((const char *)sectors);
	put("\n");
	memset(sectors, 0, sizeof sectors);
	memcpy(sectors, mark, sizeof mark);
	put_result("write", transfer(UKVM_DISK_WRITE, 1, 512));
	memset(sectors, 0, sizeof sectors);
	put_result("read", transfer(UKVM_DISK_READ, 1, 512));
	put((const char *)sectors);
	put("\n");
}

static void past_end(void)
{
	u64 end = disk_info().sectors;
	put_result("the sector after the last", transfer(UKVM_DISK_READ, end, 512));
	put_result("two from the last on", transfer(UKVM_DISK_READ, end - 1, 1024));
	put_result("one far away", transfer(UKVM_DISK_READ, ~0ull / 512, 512));
}

static void net(void)
{
	static u8 frame[1514] = {255, 255, 255, 255, 255, 255};
	hypercall(UKVM_NET_INFO, frame + 6);
	frame[12] = 0x88, frame[13] = 0xb5; /* linux/if_ether.h: an experimental type, ETH_P_802_EX1 */
	struct ukvm_poll poll = {100000000, -1};
	hypercall(UKVM_POLL, &poll);
	put(poll.ready == 1 ? "a frame came\n" : poll.ready == 0 ? "no frame came\n" : "poll failed\n");
	struct ukvm_net write = {frame, 60, 99};
	hypercall(UKVM_NET_WRITE, &write);
	put_result("sent", write.result);
	struct ukvm_net read = {frame, sizeof frame, 99};
	hypercall(UKVM_NET_READ, &read);
	put_result("read", read.result);
}

static void low(void)
{
	volatile u64 *statistics = (u64 *)0x6000, *stack = (u64 *)0x9fff8;
	*statistics = 1;
	*stack = 2;
	put(*statistics + *stack == 3 ? "low memory is the guest's\n" : "low memory is not kept\n");
}

int run(const struct guest *guest)
{
	const char *cursor = guest->command_line;
	while (has_word(cursor)) {
		if (take_word(&cursor, "info"))
			info(guest);
		else if (take_word(&cursor, "disk"))
			disk();
		else if (take_word(&cursor, "past-end"))
			past_end();
		else if (take_word(&cursor, "net"))
			net();
		else if (take_word(&cursor, "low"))
			low();
		else if (take_word(&cursor, "halt")) {
			flush();
			__asm__ volatile("cli; hlt");
		} else
			return 64;
	}
	return 0;
}
