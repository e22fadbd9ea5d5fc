/* What Kubernetes' pause container does: an ordinary static Linux program that waits for a signal. Ends with 0 on SIGTERM. */
	.text
	.globl _start
_start:
	mov	x8, #134		/* asm-generic/unistd.h: rt_sigaction */
	mov	x0, #15			/* SIGTERM */
	adrp	x1, action
	add	x1, x1, :lo12:action
	mov	x2, #0
	mov	x3, #8
	svc	#0
again:
	mov	x8, #73			/* ppoll, of nothing and for ever */
	mov	x0, #0
	mov	x1, #0
	mov	x2, #0
	mov	x3, #0
	mov	x4, #0
	svc	#0
	b	again

handler:
	mov	x8, #94			/* exit_group */
	mov	x0, #0
	svc	#0

	.data
	.balign 8
action:
	.quad handler
	.quad 0
	.quad 0
	.quad 0
	.section .note.GNU-stack, "", @progbits
