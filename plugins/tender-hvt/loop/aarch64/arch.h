/* What aarch64 does in its own way: the store that is a hypercall, exceptions, and where the processor is. */
#ifndef ARCH_H
#define ARCH_H

#include <system-call.h>

/* Solo5 include/hvt_abi.h, HVT_HYPERCALL_MMIO_BASE: a hypercall is a 32-bit store to this address + 8 times its number. */
#define HYPERCALL_BASE 0x100000000ull
/* HVT_RING_KICK_MMIO_BASE, counted as hypercalls are. */
#define KICK (0x100 / 8)
/* Where the exception vectors that the guest starts with store 64 bits to (../../aarch64/tables.ts). */
#define EXCEPTION_ADDRESS (HYPERCALL_BASE + 0x800)
/* Those vectors, the boot information, and what is between them are below the program: no guest's own code is there. */
#define PROGRAM_START 0x100000

#define INSTRUCTION_POINTER "pc"

/* Solo5 tenders/hvt/hvt_cpu_aarch64.h, AARCH64_BOOT_INFO; include/hvt_abi.h, struct hvt_boot_info: cpu_cycle_freq. */
#define CYCLE_FREQUENCY (0x10000 + 16)

/* Only a register tells the frequency of the counter, and the engine cannot read it. */
static inline void prepare(const struct parameters *p)
{
	u64 frequency;
	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	*(u64 *)(p->memory + CYCLE_FREQUENCY) = frequency;
}

/* Whether this exit is a hypercall; if so its number and the guest-physical address of its arguments. */
static inline int is_hypercall(const struct kvm_run *run, u64 *number, u64 *address)
{
	if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write || run->mmio.len != 4)
		return 0;
	if (run->mmio.phys_addr < HYPERCALL_BASE || run->mmio.phys_addr % 8)
		return 0;
	*number = (run->mmio.phys_addr - HYPERCALL_BASE) / 8;
	*address = *(const u32 *)run->mmio.data;
	return 1;
}

static inline u64 register_value(int vcpu, u64 id)
{
	u64 value = 0;
	struct kvm_one_reg request = {id, (u64)&value};
	system_call(__NR_ioctl, vcpu, KVM_GET_ONE_REG, (long)&request, 0, 0, 0);
	return value;
}

#define CORE_REGISTER(name) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))
#define ESR_EL1 ARM64_SYS_REG(3, 0, 5, 2, 0)

/* A crash that the processor leaves to the guest, and a guest without vectors of its own to the loop. */
#define CRASHED "exception, syndrome "
static inline int is_crash(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == EXCEPTION_ADDRESS && run->mmio.len == 8;
}
static inline u64 crash_number(const struct kvm_run *run, int vcpu)
{
	(void)run;
	return register_value(vcpu, ESR_EL1);
}

/* An access to where hypercalls are, that is none. */
#define REFUSED_ACCESS "it used the i/o address "
static inline int is_refused_access(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr >= HYPERCALL_BASE;
}
static inline u64 refused_access(const struct kvm_run *run)
{
	return run->mmio.phys_addr;
}

/* Where the guest itself was: in the vectors, where the exception came from. */
static inline u64 instruction_pointer(int vcpu)
{
	u64 pc = register_value(vcpu, CORE_REGISTER(regs.pc));
	return pc < PROGRAM_START ? register_value(vcpu, CORE_REGISTER(elr_el1)) : pc;
}

#endif
