/*
 * The player for aarch64: plays a tape of system calls, then jumps to the guest.
 *
 * The code ends, on a multiple of 64 bytes, where the tape begins. Tape, header and ops are laid out as for every processor:
 * see ../arch-x86_64/player.S. A failed op writes { tape number | op number, errno (0: short read or write) } to the
 * descriptor in the header and exits with 127.
 *
 * A system call keeps all registers but x0, so that what an op needs after its call stays where it is.
 */

#define SYS_write 64            /* asm-generic/unistd.h */
#define SYS_exit_group 94

        .text
        .globl  _start
_start:
        adr     x19, tape
        add     x20, x19, #64
play:
        ldr     w8, [x20]
        cmn     w8, #1
        b.eq    enter
        ldrh    w21, [x20, #4]
        ldp     x0, x1, [x20, #8]
        ldp     x2, x3, [x20, #24]
        ldp     x4, x5, [x20, #40]
        tbz     w21, #0, 1f
        ldr     x0, [x0]
1:      tbz     w21, #1, 1f
        ldr     x1, [x1]
1:      tbz     w21, #2, 1f
        ldr     x2, [x2]
1:      tbz     w21, #3, 1f
        ldr     x3, [x3]
1:      tbz     w21, #4, 1f
        ldr     x4, [x4]
1:      tbz     w21, #5, 1f
        ldr     x5, [x5]
1:      svc     #0
        cmn     x0, #4095               /* carries for -4095 to -1: an errno */
        b.hs    failed
        ldr     x6, [x20, #56]
        cbz     x6, 1f
        str     x0, [x6]
1:      tbz     w21, #6, 1f
        cmp     x0, x2
        b.ne    short
1:      ldrh    w6, [x20, #6]
        cbz     w6, next
        cbz     x0, next
        add     x20, x19, x6, lsl #6
        b       play
failed:
        tbz     w21, #7, report
next:
        add     x20, x20, #64
        b       play

short:  mov     x0, xzr
report:
        neg     x0, x0
        ldr     x1, [x19, #8]
        sub     x20, x20, x19
        ldr     x6, [x19, #16]
        orr     x6, x6, x20, lsr #6
        stp     x6, x0, [x1]
        ldr     x0, [x19]
        mov     x2, #16
        mov     x8, #SYS_write
        svc     #0
        mov     w0, #127 - 128

/*
 * The handler of SIGTERM, SIGINT, SIGQUIT and SIGHUP, with the signal's number in w0. It lies in the launcher's image, which
 * outlives the jump: a guest knows nothing of signals, and PID 1 ignores what it does not handle.
 */
handler:
        add     w0, w0, #128
        mov     x8, #SYS_exit_group
        svc     #0

/* Nothing of the player is left in the registers but the entry address in x16, from where a jump may land on a `bti c`. */
enter:
        ldp     x16, x17, [x20, #8]
        ldr     x0, [x20, #24]
        mov     sp, x17
        .irp    register, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
        mov     x\register, xzr
        .endr
        br      x16

        .balign 64
tape:
