/*
 * The player for x86_64: plays a tape of system calls, then jumps to the guest.
 *
 * The code ends, on a multiple of 64 bytes, where the tape begins. The tape's first 64 bytes are its header:
 *
 *      0  u64  descriptor for the report of a failed op
 *      8  u64  address of 16 writable bytes for that report
 *     16  u64  number of this tape, shifted left by 32
 *
 * Then come the ops, 64 bytes each:
 *
 *      0  u32  system call number; 0xffffffff ends the tape
 *      4  u16  flags: bit 0..5: argument 0..5 is the address of the value; bit 6: the result must equal argument 2;
 *              bit 7: a failure is passed over
 *      6  u16  with a result other than zero go on at this op (1 is the first; 0: do not branch)
 *      8  u64  six arguments
 *     56  u64  where to store the result (0: nowhere)
 *
 * The last op holds, at 8, 16 and 24, the entry address, the stack pointer and the first argument.
 * A failed op writes { tape number | op number, errno (0: short read or write) } to the descriptor and exits with 127.
 */

#define SYS_write 1             /* asm/unistd_64.h */
#define SYS_exit_group 231

        .text
        .globl  _start
_start:
        lea     tape(%rip), %r12
        lea     64(%r12), %rbx
play:
        mov     (%rbx), %eax
        cmp     $-1, %eax
        je      enter
        mov     4(%rbx), %ebp
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     24(%rbx), %rdx
        mov     32(%rbx), %r10
        mov     40(%rbx), %r8
        mov     48(%rbx), %r9
        test    $1, %bpl
        jz      1f
        mov     (%rdi), %rdi
1:      test    $2, %bpl
        jz      1f
        mov     (%rsi), %rsi
1:      test    $4, %bpl
        jz      1f
        mov     (%rdx), %rdx
1:      test    $8, %bpl
        jz      1f
        mov     (%r10), %r10
1:      test    $16, %bpl
        jz      1f
        mov     (%r8), %r8
1:      test    $32, %bpl
        jz      1f
        mov     (%r9), %r9
1:      syscall
        cmp     $-4095, %rax
        jae     failed
        mov     56(%rbx), %rcx
        jrcxz   1f
        mov     %rax, (%rcx)
1:      test    $64, %bpl
        jz      1f
        cmp     %rdx, %rax
        jne     short
1:      shr     $16, %ebp
        jz      next
        test    %rax, %rax
        jz      next
        shl     $6, %ebp
        lea     (%r12, %rbp), %rbx
        jmp     play
failed:
        test    $128, %bpl
        jz      report
next:
        add     $64, %rbx
        jmp     play

short:  xor     %eax, %eax
report:
        neg     %rax
        mov     8(%r12), %rsi
        sub     %r12, %rbx
        shr     $6, %rbx
        or      16(%r12), %rbx
        mov     %rbx, (%rsi)
        mov     %rax, 8(%rsi)
        mov     (%r12), %rdi
        mov     $16, %edx
        mov     $SYS_write, %eax
        syscall
        mov     $127 - 128, %edi

/*
 * The handler of SIGTERM, SIGINT, SIGQUIT and SIGHUP, with the signal's number in %edi. It lies in the launcher's
 * image, which outlives the jump: a guest knows nothing of signals, and PID 1 ignores what it does not handle.
 */
handler:
        sub     $-128, %edi
        mov     $SYS_exit_group, %eax
        syscall

/* Nothing of the player is left in the registers but the entry address in %rcx. */
enter:
        mov     8(%rbx), %rcx
        mov     16(%rbx), %rsp
        mov     24(%rbx), %rdi
        xor     %eax, %eax
        xor     %ebx, %ebx
        xor     %edx, %edx
        xor     %esi, %esi
        xor     %ebp, %ebp
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        xor     %r12d, %r12d
        jmp     *%rcx

        .balign 64
tape:
