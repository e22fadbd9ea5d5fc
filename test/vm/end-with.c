/* `end-with N`: writes N to qemu's isa-debug-exit, which ends the machine with status 2 N + 1. Static, without a C library. */

static long call(long number, long first, long second, long third)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

void start(long *stack)
{
    const char *text = stack[0] > 1 ? (const char *)stack[2] : "";
    unsigned value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (unsigned)(*text++ - '0');
    if (call(173, 0xf4, 4, 1) == 0) /* ioperm (asm/unistd_64.h) */
        __asm__ volatile("outb %0, %1" : : "a"((unsigned char)value), "Nd"((unsigned short)0xf4));
    call(231, 1, 0, 0); /* exit_group: there is no such device. */
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
