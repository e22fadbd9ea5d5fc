/* What x86_64 does in its own way: system calls, hypercalls, the cycle counter, thread-local storage. */
#ifndef ARCH_H
#define ARCH_H

#include "guest.h"

/* asm/unistd_64.h */
enum {
	SYS_read = 0,
	SYS_write = 1,
	SYS_pread64 = 17,
	SYS_pwrite64 = 18,
	SYS_getpid = 39,
	SYS_arch_prctl = 158,
	SYS_clock_gettime = 228,
	SYS_exit_group = 231,
	SYS_epoll_pwait = 281,
	SYS_timerfd_settime = 286,
};

/* linux/eventpoll.h: on x86_64 alone the structure has no padding. */
#define EPOLL_EVENT_LAYOUT __attribute__((packed))

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
		: "=a"(result)
		: "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return result;
}

/* The 32-bit door into the kernel, which a filter must shut too: its numbers mean other calls. */
static inline long system_call_32_bit(long number)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(0), "c"(0), "d"(0) : "memory");
	return result;
}

/* hvt_abi.h: a 32-bit OUT to port 0x500 + number, the value being the address of the arguments. */
static inline void hypercall(unsigned number, volatile void *arguments)
{
	__asm__ volatile("outl %0, %1" : : "a"((u32)(u64)arguments), "d"((u16)(0x500 + number)) : "memory");
}

/* hvt_abi.h, HVT_RING_KICK_PIO_BASE: counted as hypercalls are. */
enum { HYPERCALL_RING_KICK = 0x100 };

static inline u64 cycles(void)
{
	u32 low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* asm/prctl.h: ARCH_SET_FS. */
static inline long set_thread_pointer_as_process(void *pointer)
{
	return system_call(SYS_arch_prctl, 0x1002, (long)pointer, 0, 0, 0, 0);
}

/* asm/msr-index.h: MSR_FS_BASE. */
static inline void set_thread_pointer_as_kernel(void *pointer)
{
	__asm__ volatile("wrmsr" : : "c"(0xc0000100), "a"((u32)(u64)pointer), "d"((u32)((u64)pointer >> 32)));
}

/* Thread-local variables lie below the thread pointer, and the word that it points to is the pointer itself. */
static inline void *thread_pointer_in(u8 *block, size_t variables)
{
	void **pointer = (void **)(block + variables);
	*pointer = pointer;
	return pointer;
}
static inline u8 *thread_variables_in(u8 *block)
{
	return block;
}

static inline void illegal_instruction(void)
{
	__asm__ volatile("ud2");
}

static inline void divide_by_zero(void)
{
	__asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
}

/* `ret`, to be put where nothing may be executed. */
typedef u8 instruction;
#define RETURN_INSTRUCTION 0xc3

/* Registers as the tender left them, in this order: start.S. */
#define START_REGISTERS                                                                                       \
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
enum { START_REGISTER_COUNT = 16, START_ARGUMENT = 5, START_STACK = 7 };
extern u64 start_registers[START_REGISTER_COUNT];

static inline u32 vector_control(void)
{
	u32 mxcsr;
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return mxcsr;
}

static inline u32 float_control(void)
{
	u16 word;
	__asm__ volatile("fnstcw %0" : "=m"(word));
	return word;
}

#endif
