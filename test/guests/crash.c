/* Does what no program may, as named on its command line: by default it reads address 0. */
#include "guest.h"
#include "arch.h"

NO_DEVICES;

static const u8 constant[1] = {1};
static instruction code_as_data[1] = {RETURN_INSTRUCTION};

static void write_to(u64 address)
{
	*(volatile u8 *)address = 1;
}

static void execute(const instruction *code)
{
	((void (*)(void))(u64)code)();
}

static void crash(const char *how, const struct guest *guest)
{
	instruction code_on_stack[1] = {RETURN_INSTRUCTION};
	u64 address = 0;
	/* The compiler must not learn where these addresses come from, or it warns, traps or removes. */
	__asm__ volatile("" : "+r"(address));
	if (same(how, ""))
		(void)*(volatile u8 *)address;
	else if (same(how, "write-text"))
		write_to((u64)&run);
	else if (same(how, "write-constant"))
		write_to((u64)&constant + address);
	else if (same(how, "execute-data"))
		execute(code_as_data);
	else if (same(how, "execute-stack"))
		execute(code_on_stack);
	else if (same(how, "execute-heap"))
		*(volatile instruction *)(guest->kernel_end + 0x1000) = RETURN_INSTRUCTION,
			execute((instruction *)(guest->kernel_end + 0x1000));
	else if (same(how, "read-past-end"))
		(void)*(volatile u8 *)(guest->memory_size + 0x1000);
	else if (same(how, "illegal-instruction"))
		illegal_instruction();
	else if (same(how, "divide-by-zero"))
		divide_by_zero();
	else
		put("no such way to crash\n");
}

int run(const struct guest *guest)
{
	put("about to crash\n");
	crash(guest->command_line, guest);
	put("still alive\n");
	return 1;
}
