/*
 * Prints what it was started with: the boot information, and which registers hold something. But for the argument and the
 * stack pointer none needs to: what is in them tells of the tender.
 */
#include "guest.h"
#include "arch.h"

NO_DEVICES;

static void print(const char *name, u64 value)
{
	put(name);
	put(": ");
	put_hex(value);
	put("\n");
}

int run(const struct guest *guest)
{
	static const char *const names[] = {START_REGISTERS};
	print("memory size", guest->memory_size);
	print("kernel end", guest->kernel_end);
	print("boot information", (u64)guest->boot_info);
	print("command line", (u64)guest->command_line);
	print("manifest", (u64)guest->manifest);
	print("argument", start_registers[START_ARGUMENT]);
	print("stack below end", guest->memory_size - start_registers[START_STACK]);
	put("other registers in use:");
	for (int i = 0; i < START_REGISTER_COUNT; i++) {
		if (i == START_ARGUMENT || i == START_STACK || start_registers[i] == 0)
			continue;
		put(" ");
		put(names[i]);
		put("=");
		put_hex(start_registers[i]);
	}
	put("\n");
	return 0;
}
