/* What aarch64 does in its own way: system calls, hypercalls, the cycle counter, thread-local storage. */
#ifndef ARCH_H
#define ARCH_H

#include "guest.h"

/* asm-generic/unistd.h */
enum {
	SYS_epoll_pwait = 22,
	SYS_read = 63,
	SYS_write = 64,
	SYS_pread64 = 67,
	SYS_pwrite64 = 68,
	SYS_timerfd_settime = 86,
	SYS_exit_group = 94,
	SYS_clock_gettime = 113,
	SYS_getpid = 172,
};

#define EPOLL_EVENT_LAYOUT

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc #0"
		: "+r"(x0)
		: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
		: "memory");
	return x0;
}

/* There is none: a program of 64 bits cannot become one of 32. */
static inline long system_call_32_bit(long number)
{
	(void)number;
	return -38; /* asm-generic/errno.h: ENOSYS */
}

/* hvt_abi.h: a 32-bit store to 4 GiB + 8 times the number, the value being the address of the arguments. */
static inline void hypercall(unsigned number, volatile void *arguments)
{
	__asm__ volatile("str %w0, [%1]" : : "r"((u32)(u64)arguments), "r"(0x100000000ull + 8ull * number) : "memory");
}

/* hvt_abi.h, HVT_RING_KICK_MMIO_BASE: counted as hypercalls are. */
enum { HYPERCALL_RING_KICK = 0x100 / 8 };

static inline u64 cycles(void)
{
	u64 count;
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
	return count;
}

/* A register of the processor's, for processes too. */
static inline void set_thread_pointer_as_kernel(void *pointer)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(pointer));
}
static inline long set_thread_pointer_as_process(void *pointer)
{
	set_thread_pointer_as_kernel(pointer);
	return 0;
}

/* Thread-local variables lie above the thread pointer, after two words that are the C library's. */
static inline void *thread_pointer_in(u8 *block, size_t variables)
{
	(void)variables;
	return block;
}
static inline u8 *thread_variables_in(u8 *block)
{
	return block + 16;
}

static inline void illegal_instruction(void)
{
	__asm__ volatile("udf #0");
}

/* The processor answers 0. */
static inline void divide_by_zero(void)
{
	__asm__ volatile("sdiv %0, %0, xzr" : : "r"(1l));
}

/* `ret`, to be put where nothing may be executed. */
typedef u32 instruction;
#define RETURN_INSTRUCTION 0xd65f03c0

/* Registers as the tender left them, in this order: start.S. */
#define START_REGISTERS                                                                                       \
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",  \
	"x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29",      \
	"x30", "sp"
enum { START_REGISTER_COUNT = 32, START_ARGUMENT = 0, START_STACK = 31 };
extern u64 start_registers[START_REGISTER_COUNT];

static inline u32 vector_control(void)
{
	u64 fpcr;
	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	return (u32)fpcr;
}

static inline u32 float_control(void)
{
	u64 fpsr;
	__asm__ volatile("mrs %0, fpsr" : "=r"(fpsr));
	return (u32)fpsr;
}

#endif
