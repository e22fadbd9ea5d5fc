/* How exits come about on x86_64, and what they must lead to. */

/* The loop needs nothing of it to be there. */
#define SMALLEST_MEMORY 4096

/* A hypercall as the processor reports it, now and then one that is none: what follows if so, else GOES_ON. `number` is set to what the loop sees. */
static int make_exit(u64 *number, u32 address)
{
	run_page->exit_reason = KVM_EXIT_IO;
	run_page->io.direction = one_in(64) ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run_page->io.size = one_in(64) ? 1 << next() % 2 : 4;
	run_page->io.count = one_in(64) ? (u32)next() : 1;
	run_page->io.port = (uint16_t)(0x500 + *number);
	run_page->io.data_offset = 0x1000;
	memcpy((u8 *)run_page + 0x1000, &address, sizeof address);
	*number = (u64)run_page->io.port - 0x500;
	return run_page->io.direction != KVM_EXIT_IO_OUT || run_page->io.size != 4 || run_page->io.count != 1 ? FORBIDDEN : GOES_ON;
}

/* Of an exit with any bytes in its structure, but that its reason is not HLT. */
static int other_verdict(void)
{
	if (run_page->exit_reason == KVM_EXIT_IO)
		run_page->exit_reason = KVM_EXIT_SHUTDOWN;
	u32 reason = run_page->exit_reason;
	return reason == KVM_EXIT_SHUTDOWN || reason == KVM_EXIT_MMIO ? FAULTS : KVM_FAILS;
}

#define READ_REGISTERS KVM_GET_REGS
static void give_registers(void *to)
{
	memset(to, 0x5a, sizeof(struct kvm_regs));
}
