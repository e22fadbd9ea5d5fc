# Entry of a multiboot kernel (Multiboot Specification 0.6.96): 32-bit protected mode, eax = 0x2badb002, ebx = the boot information.

.set FLAGS, 3 # modules at page boundaries; tell the memory

.section .multiboot, "a"
.align 4
.long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)

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

# Where IncludeOS programs have their config.json (IncludeOS cmake/os.cmake, internal_os_add_config).
.section .config, "a"
.incbin "config.json"

.section .note.GNU-stack, "", @progbits
