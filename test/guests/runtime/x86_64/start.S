/*
 * The first instructions. The tender jumps here with the boot information in %rdi and a stack that looks as after a call
 * (spt_core.c, hvt_kvm_x86_64.c: mem_size - 8), so the C function is jumped to as well. The registers are kept first: a
 * test looks for what the tender may have left in them.
 */
	.text
	.globl _start
	.type _start, @function
_start:
	movq %rax, start_registers
	movq %rbx, start_registers + 8
	movq %rcx, start_registers + 16
	movq %rdx, start_registers + 24
	movq %rsi, start_registers + 32
	movq %rdi, start_registers + 40
	movq %rbp, start_registers + 48
	movq %rsp, start_registers + 56
	movq %r8, start_registers + 64
	movq %r9, start_registers + 72
	movq %r10, start_registers + 80
	movq %r11, start_registers + 88
	movq %r12, start_registers + 96
	movq %r13, start_registers + 104
	movq %r14, start_registers + 112
	movq %r15, start_registers + 120
	jmp guest_start
	.size _start, . - _start

	.bss
	.balign 8
	.globl start_registers
	.type start_registers, @object
start_registers:
	.skip 128
	.size start_registers, . - start_registers

/* elf_abi.h, DECLARE_ELF_INTERP: a host kernel must not load a guest, so it asks for a loader that cannot exist. */
	.section .interp, "a", @progbits
	.balign 8
	.asciz "/nonexistent/solo5/"
	.balign 8

	.section .note.GNU-stack, "", @progbits
