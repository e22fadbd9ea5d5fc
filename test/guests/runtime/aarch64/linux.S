/* An ordinary static Linux program, to stand for an image that is not a unikernel. */
	.text
	.globl _start
_start:
	mov	x8, #64			/* asm-generic/unistd.h: write */
	mov	x0, #1
	adr	x1, greeting
	mov	x2, #(greeting_end - greeting)
	svc	#0
	mov	x8, #94			/* exit_group */
	mov	x0, #0
	svc	#0
greeting:
	.ascii "Hello from Linux\n"
greeting_end:
	.section .note.GNU-stack, "", @progbits
