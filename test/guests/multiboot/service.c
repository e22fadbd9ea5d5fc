/*
 * Stands in for an IncludeOS service as it boots under QEMU: says first what every one says, splits its command line as
 * Service::start does (IncludeOS src/kernel/service_stub.cpp) and prints the words. With a module it stands in for the 32-bit loader
 * and the 64-bit service that this starts: the service's command line is the module's (src/chainload/service.cpp).
 */
#include <stddef.h>
#include <stdint.h>

/* struct multiboot_info (Multiboot Specification 0.6.96, 3.3). */
struct boot_information {
	uint32_t flags, memory_lower, memory_upper, boot_device, command_line, module_count, modules;
};
struct module {
	uint32_t start, end, command_line, reserved;
};
enum { HAS_COMMAND_LINE = 1 << 2, HAS_MODULES = 1 << 3 };

static void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* The first serial port, as IncludeOS. */
static void put(const char *text)
{
	for (; *text; text++) {
		while ((in(0x3fd) & 0x20) == 0)
			;
		out(0x3f8, (uint8_t)*text);
	}
}

static int is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void service(const struct boot_information *boot)
{
	char *at = boot->flags & HAS_COMMAND_LINE ? (char *)(uintptr_t)boot->command_line : "";
	put("================================================================================\n #include<os> // Literally\n");
	if ((boot->flags & HAS_MODULES) && boot->module_count > 0)
		at = (char *)(uintptr_t)((const struct module *)(uintptr_t)boot->modules)->command_line;
	while (*at) {
		char *word = at;
		while (*at && !is_blank(*at))
			at++;
		char end = *at;
		*at = 0;
		put("word: <");
		put(word);
		put(">\n");
		while (end && is_blank(*++at))
			;
	}
	/* Off, where QEMU is told to end at a reset: a fault without a table of handlers. */
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) nothing = {0, 0};
	__asm__ volatile("lidt %0; int3" : : "m"(nothing));
}
