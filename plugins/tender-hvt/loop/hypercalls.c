/*
 * The eight hypercalls (Solo5 include/hvt_abi.h), and the kick that tells of entries in the ring. Everything in guest memory is
 * hostile: each structure is copied before it is looked at, each address and length is checked against the end of memory, each
 * handle against the manifest.
 */
#include "calls.h"
#include "ring.h"

enum { BLOCK_WRITE = 4, BLOCK_READ, NET_WRITE, NET_READ, HALT }; /* enum hvt_hypercall */

struct poll { u64 timeout, ready; i32 count; };
struct block { u64 handle, offset, data, length; i32 result; };
struct net { u64 handle, data, length; i32 result; };

static i32 do_read(const struct parameters *p, struct net *args)
{
	long count = read_frame(p, device(p, args->handle, DEVICE_NET), args->data, args->length);
	if (count == 0)
		return R_AGAIN;
	if (count < 0)
		return R_EUNSPEC;
	args->length = (u64)count;
	return R_OK;
}

void hypercall(const struct parameters *p, u64 number, u64 address)
{
	if (number == WALLTIME) {
		do_walltime(p, address);
	} else if (number == PUTS) {
		do_puts(p, address);
	} else if (number == POLL) {
		TAKE(poll);
		args.count = wait_for_devices(p, args.timeout, &args.ready);
		GIVE(ready);
		GIVE(count);
	} else if (number == BLOCK_WRITE || number == BLOCK_READ) {
		TAKE(block);
		long call = number == BLOCK_READ ? __NR_pread64 : __NR_pwrite64;
		args.result = transfer_block(p, device(p, args.handle, DEVICE_BLOCK), call, args.offset, args.data, args.length);
		GIVE(result);
	} else if (number == NET_READ) {
		TAKE(net);
		args.result = do_read(p, &args);
		GIVE(length);
		GIVE(result);
	} else if (number == NET_WRITE) {
		TAKE(net);
		args.result = write_frame(p, device(p, args.handle, DEVICE_NET), args.data, args.length) ? R_OK : R_EUNSPEC;
		GIVE(result);
	} else if (number == HALT) {
		TAKE(halt);
		halt(args.status);
	} else if (number == KICK && p->ring) {
		serve_ring(p);
	} else {
		stop(p, STATUS_FORBIDDEN, "it made a hypercall that there is not, number ", number);
	}
}

void begin(const struct parameters *p)
{
	if (p->ring)
		prepare_ring(p);
}

_Noreturn void halted(const struct parameters *p)
{
	stop(p, STATUS_FAULT, "it halted the processor, exit reason ", KVM_EXIT_HLT);
}
