/* How exits come about on aarch64, and what they must lead to. */

/* The loop writes into the boot information. */
#define SMALLEST_MEMORY 0x10018

/* A hypercall as the processor reports it, now and then one that is none: what follows if so, else GOES_ON. `number` is set to what the loop sees. */
static int make_exit(u64 *number, u32 address)
{
	u64 at = 0x100000000ull + *number * 8 + (one_in(64) ? next() % 8 : 0);
	run_page->exit_reason = KVM_EXIT_MMIO;
	run_page->mmio.phys_addr = at;
	run_page->mmio.len = one_in(64) ? 1u << next() % 4 : 4;
	run_page->mmio.is_write = !one_in(64);
	memset(run_page->mmio.data, (int)next(), 8);
	memcpy(run_page->mmio.data, &address, sizeof address);
	/* What the vectors do that a guest starts with. */
	if (one_in(256)) {
		run_page->mmio.phys_addr = at = 0x100000800ull;
		run_page->mmio.len = 8;
	}
	if (at == 0x100000800ull && run_page->mmio.len == 8)
		return FAULTS;
	return !run_page->mmio.is_write || run_page->mmio.len != 4 || at % 8 ? FORBIDDEN : GOES_ON;
}

/* Of an exit with any bytes in its structure, but that its reason is not HLT. */
static int other_verdict(void)
{
	if (run_page->exit_reason != KVM_EXIT_MMIO)
		return KVM_FAILS;
	return run_page->mmio.phys_addr >= 0x100000000ull ? FORBIDDEN : FAULTS;
}

#define READ_REGISTERS KVM_GET_ONE_REG
static void give_registers(void *to)
{
	memset((void *)((struct kvm_one_reg *)to)->addr, 0x5a, 8);
}
