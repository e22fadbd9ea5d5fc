/*
 * The run loop: runs the guest until it exits, does what it asks for, and runs it again. The tape jumps to `loop` when all is
 * set up. The kernel's side of it: Documentation/virt/kvm/api.rst, "KVM_RUN" and "The kvm_run structure".
 */
#include "loop.h"
#include "arch.h"

/* Newer than some headers (Linux 6.8): comes together with -EFAULT. */
#define EXIT_MEMORY_FAULT 39

/* The engine puts them behind the code (loop.ld). */
extern const struct parameters parameters __attribute__((visibility("hidden")));

_Noreturn static void stop_on(const struct parameters *p, const struct kvm_run *run)
{
	if (is_crash(run))
		stop(p, STATUS_FAULT, CRASHED, crash_number(run, p->vcpu));
	if (is_refused_access(run))
		stop(p, STATUS_FORBIDDEN, REFUSED_ACCESS, refused_access(run));
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		if (run->mmio.phys_addr < p->memory_size)
			stop(p, STATUS_FAULT, "it wrote to memory that is read-only, ", run->mmio.phys_addr);
		stop(p, STATUS_FAULT, "it touched an address outside its memory, ", run->mmio.phys_addr);
	case KVM_EXIT_HLT:
		halted(p);
	case KVM_EXIT_FAIL_ENTRY:
		stop(p, STATUS_KVM, "the processor refused to enter it, reason ", run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		stop(p, STATUS_KVM, "internal error of KVM, suberror ", run->internal.suberror);
	default:
		stop(p, STATUS_KVM, "unhandled exit, reason ", run->exit_reason);
	}
}

_Noreturn __attribute__((section(".text.loop"))) void loop(const struct parameters *p)
{
	prepare(p);
	begin(p);
	for (;;) {
		long result = system_call(__NR_ioctl, p->vcpu, KVM_RUN, 0, 0, 0, 0);
		if (result == -EINTR || result == -EAGAIN)
			continue;
		if (result == -EFAULT)
			stop(p, STATUS_FAULT, "it touched memory as it must not, exit reason ", p->run->exit_reason);
		if (result < 0)
			stop(p, STATUS_KVM, "KVM cannot run it, errno ", (u64)-result);
		u64 number, address;
		if (!is_hypercall(p->run, &number, &address))
			stop_on(p, p->run);
		hypercall(p, number, address);
	}
}

/*
 * The handler of SIGSEGV and SIGBUS: the loop itself touches no other memory than the guest's, of which pages may be
 * read-only (the program's text) or gone (a program file that was cut short).
 */
_Noreturn __attribute__((used, section(".text.handler"))) void handle_fault(int signal)
{
	stop(&parameters, STATUS_FORBIDDEN, "it gave a hypercall an address that it cannot write, signal ", (u64)signal);
}
