/*
 * The ten hypercalls of 2018 (Solo5 commit 120848b, include/solo5/hvt_abi.h; the same in ukvm 0.3, ukvm/ukvm_guest.h): one disk
 * and one network device, which have no handles. A device that is not there answers as one that is empty: guests of that time
 * ask without knowing.
 */
#include "calls.h"

enum { DISK_INFO = 4, DISK_WRITE, DISK_READ, NET_INFO, NET_WRITE, NET_READ, HALT }; /* enum hvt_hypercall */
enum { SECTOR = 512 };

struct poll { u64 timeout; i32 count; };
struct disk_info { u64 sector_size, sectors; i32 writable; };
struct disk { u64 sector, data, length; i32 result; };
struct net_info { u8 mac[6]; };
struct net { u64 data, length; i32 result; };

static const struct device *first(const struct parameters *p, u32 kind)
{
	static const struct device none;
	for (u32 i = 0; i < p->device_count; i++)
		if (p->devices[i].kind == kind)
			return &p->devices[i];
	return &none;
}

static i32 do_disk(const struct parameters *p, const struct disk *args, long number)
{
	const struct device *disk = first(p, DEVICE_BLOCK);
	if (args->sector >= disk->capacity / SECTOR)
		return -1;
	return transfer_block(p, disk, number, args->sector * SECTOR, args->data, args->length) == R_OK ? 0 : -1;
}

static i32 do_read(const struct parameters *p, struct net *args)
{
	const struct device *net = first(p, DEVICE_NET);
	long count = net->kind == DEVICE_NET ? read_frame(p, net, args->data, args->length) : 0;
	if (count <= 0)
		return -1;
	args->length = (u64)count;
	return 0;
}

static i32 do_write(const struct parameters *p, const struct net *args)
{
	const struct device *net = first(p, DEVICE_NET);
	return net->kind == DEVICE_NET && write_frame(p, net, args->data, args->length) ? 0 : -1;
}

void hypercall(const struct parameters *p, u64 number, u64 address)
{
	if (number == WALLTIME) {
		do_walltime(p, address);
	} else if (number == PUTS) {
		do_puts(p, address);
	} else if (number == POLL) {
		TAKE(poll);
		u64 ready;
		args.count = wait_for_devices(p, args.timeout, &ready);
		GIVE(count);
	} else if (number == DISK_INFO) {
		TAKE(disk_info);
		const struct device *disk = first(p, DEVICE_BLOCK);
		args.sector_size = SECTOR;
		args.sectors = disk->capacity / SECTOR;
		args.writable = disk->kind == DEVICE_BLOCK && !disk->read_only;
		GIVE(sector_size);
		GIVE(sectors);
		GIVE(writable);
	} else if (number == DISK_WRITE || number == DISK_READ) {
		TAKE(disk);
		args.result = do_disk(p, &args, number == DISK_READ ? __NR_pread64 : __NR_pwrite64);
		GIVE(result);
	} else if (number == NET_INFO) {
		TAKE(net_info);
		__builtin_memcpy(args.mac, first(p, DEVICE_NET)->mac, sizeof args.mac);
		GIVE(mac);
	} else if (number == NET_WRITE) {
		TAKE(net);
		args.result = do_write(p, &args);
		GIVE(result);
	} else if (number == NET_READ) {
		TAKE(net);
		args.result = do_read(p, &args);
		GIVE(length);
		GIVE(result);
	} else if (number == HALT) {
		TAKE(halt);
		halt(args.status);
	} else {
		stop(p, STATUS_FORBIDDEN, "it made a hypercall that there is not, number ", number);
	}
}

void begin(const struct parameters *p)
{
	(void)p;
}

/* Until 0.3 this was how a guest ended, and IncludeOS went on with it. */
_Noreturn void halted(const struct parameters *p)
{
	(void)p;
	halt(0);
}
