# Where a boot loader enters (Multiboot Specification 0.6.96): 32-bit protected mode, eax = 0x2badb002, ebx = the boot information.
.text
.globl _start
_start:
    mov $stack, %esp
    push %ebx
    call service
1:  cli
    hlt
    jmp 1b

.bss
.align 16
.skip 16384
stack:

.section .note.GNU-stack, "", @progbits
