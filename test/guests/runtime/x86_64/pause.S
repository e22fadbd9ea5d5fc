/* What Kubernetes' pause container does: an ordinary static Linux program that waits for a signal. Ends with 0 on SIGTERM. */
	.text
	.globl _start
_start:
	movl $13, %eax			/* asm/unistd_64.h: rt_sigaction */
	movl $15, %edi			/* SIGTERM */
	movl $action, %esi
	xorl %edx, %edx
	movl $8, %r10d
	syscall
again:
	movl $34, %eax			/* pause */
	syscall
	jmp again

handler:
	movl $231, %eax			/* exit_group */
	xorl %edi, %edi
	syscall

	.data
	.balign 8
action:
	.quad handler
	.quad 0x4000000			/* asm/signal.h: SA_RESTORER */
	.quad handler
	.quad 0
	.section .note.GNU-stack, "", @progbits
