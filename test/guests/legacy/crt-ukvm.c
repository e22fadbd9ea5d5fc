/* The guest as a virtual machine of 2018. */
#include "machine.h"
#include "ukvm.h"

const unsigned halt_number = UKVM_HALT;

_Noreturn void guest_start(const struct ukvm_boot_info *info)
{
	cycles_per_second = info->cycles_per_second;
	const struct guest guest = {info->memory_size, info->kernel_end, info->command_line, NULL, info};
	finish(run(&guest));
}

void wait_ns(u64 ns)
{
	struct ukvm_poll poll = {ns, -1};
	hypercall(UKVM_POLL, &poll);
}
