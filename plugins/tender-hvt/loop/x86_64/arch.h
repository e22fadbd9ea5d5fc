/* What x86_64 does in its own way: the instruction that is a hypercall, and where the processor is. */
#ifndef ARCH_H
#define ARCH_H

#include <system-call.h>

/* Solo5 include/hvt_abi.h, HVT_HYPERCALL_PIO_BASE: a hypercall is a 32-bit OUT to this port + its number. */
#define HYPERCALL_PORT 0x500
/* HVT_RING_KICK_PIO_BASE, counted as hypercalls are. */
#define KICK (0x600 - HYPERCALL_PORT)

#define INSTRUCTION_POINTER "rip"

/* The engine has told the guest all that there is to tell. */
static inline void prepare(const struct parameters *p)
{
	(void)p;
}

/* Whether this exit is a hypercall; if so its number and the guest-physical address of its arguments. */
static inline int is_hypercall(const struct kvm_run *run, u64 *number, u64 *address)
{
	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT || run->io.size != 4 || run->io.count != 1)
		return 0;
	*number = (u64)run->io.port - HYPERCALL_PORT;
	*address = *(const u32 *)((const u8 *)run + run->io.data_offset);
	return 1;
}

/* A crash that the guest has no handler for. */
#define CRASHED "triple fault, exit reason "
static inline int is_crash(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_SHUTDOWN;
}
static inline u64 crash_number(const struct kvm_run *run, int vcpu)
{
	(void)vcpu;
	return run->exit_reason;
}

/* An access to a port that is no hypercall. */
#define REFUSED_ACCESS "it used the i/o port "
static inline int is_refused_access(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO;
}
static inline u64 refused_access(const struct kvm_run *run)
{
	return run->io.port;
}

/* Where an x86 processor begins. After a triple fault an AMD one is reset, and where it was is lost (KVM, svm.c, shutdown_interception). */
#define RESET_VECTOR 0xfff0

/* 0 when it is not known; no guest runs there, since nothing below 0x10000 is mapped. */
static inline u64 instruction_pointer(int vcpu)
{
	struct kvm_regs registers;
	if (system_call(__NR_ioctl, vcpu, KVM_GET_REGS, (long)&registers, 0, 0, 0) || registers.rip == RESET_VECTOR)
		return 0;
	return registers.rip;
}

#endif
