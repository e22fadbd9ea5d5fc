/* An ordinary static Linux program, to stand for an image that is not a unikernel. */
	.text
	.globl _start
_start:
	movl $1, %eax
	movl $1, %edi
	movl $greeting, %esi
	movl $(greeting_end - greeting), %edx
	syscall
	movl $231, %eax
	xorl %edi, %edi
	syscall

	.section .rodata
greeting:
	.ascii "Hello from Linux\n"
greeting_end:
	.section .note.GNU-stack, "", @progbits
