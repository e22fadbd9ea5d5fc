/* Thread-local variables: lays out a block, points the processor at it, and reads both kinds of variable back. */
#include "guest.h"
#include "arch.h"

NO_DEVICES;

__thread u64 initialised = 42;
__thread u64 zero;

/* guest.ld; their addresses are the values. */
extern const u8 thread_data[], thread_data_size[], thread_size[];
void *memcpy(void *to, const void *from, size_t length);

static u8 block[256] __attribute__((aligned(16)));

/* A function of its own: within one the compiler takes the thread pointer for constant, and may read it too early. */
static __attribute__((noinline)) int use_variables(void)
{
	put("initialised: ");
	put_number(initialised);
	put("\nzero: ");
	put_number(zero);
	zero = initialised + 1;
	__asm__ volatile("" : : : "memory");
	put("\nwritten: ");
	put_number(zero);
	put("\n");
	return !(initialised == 42 && zero == 43);
}

int run(const struct guest *guest)
{
	(void)guest;
	memcpy(thread_variables_in(block), thread_data, (size_t)thread_data_size);
	set_thread_pointer(thread_pointer_in(block, (size_t)thread_size));
	return use_variables();
}
