/*
 * The first instructions. The tender jumps here with the boot information in x0 and the stack pointer at the end of memory
 * less 16 (spt_core.c, hvt_kvm_aarch64.c). The registers are kept first: a test looks for what the tender may have left in
 * them. x16 has the address they are kept at, and its own value waits on the stack.
 */
	.text
	.globl _start
	.type _start, @function
_start:
	str	x16, [sp, #-16]
	adrp	x16, start_registers
	add	x16, x16, :lo12:start_registers
	stp	x0, x1, [x16]
	stp	x2, x3, [x16, #16]
	stp	x4, x5, [x16, #32]
	stp	x6, x7, [x16, #48]
	stp	x8, x9, [x16, #64]
	stp	x10, x11, [x16, #80]
	stp	x12, x13, [x16, #96]
	stp	x14, x15, [x16, #112]
	ldr	x15, [sp, #-16]
	stp	x15, x17, [x16, #128]
	stp	x18, x19, [x16, #144]
	stp	x20, x21, [x16, #160]
	stp	x22, x23, [x16, #176]
	stp	x24, x25, [x16, #192]
	stp	x26, x27, [x16, #208]
	stp	x28, x29, [x16, #224]
	mov	x15, sp
	stp	x30, x15, [x16, #240]
	str	xzr, [sp, #-16]
	b	guest_start
	.size _start, . - _start

	.bss
	.balign 8
	.globl start_registers
	.type start_registers, @object
start_registers:
	.skip 256
	.size start_registers, . - start_registers

/* elf_abi.h, DECLARE_ELF_INTERP: a host kernel must not load a guest, so it asks for a loader that cannot exist. */
	.section .interp, "a", @progbits
	.balign 8
	.asciz "/nonexistent/solo5/"
	.balign 8

	.section .note.GNU-stack, "", @progbits
