/*
 * A multiboot kernel that shows what a container gives it. Its first word says what it does besides:
 *   sleep    waits for ever
 *   STATUS   ends with that exit status: 0, or an odd one up to 255
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
enum { HAS_MEMORY = 1 << 0, HAS_COMMAND_LINE = 1 << 2, HAS_MODULES = 1 << 3 };

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

/* The first serial port: the container's standard output. */
static void print_character(char character)
{
    while ((in(0x3fd) & 0x20) == 0)
        ;
    out(0x3f8, (uint8_t)character);
}

static void print(const char *text)
{
    while (*text != '\0')
        print_character(*text++);
}

static void print_number(uint32_t number)
{
    if (number >= 10)
        print_number(number / 10);
    print_character((char)('0' + number % 10));
}

static _Noreturn void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

static _Noreturn void end(uint32_t status)
{
    /* N at this port ends qemu with 2 N + 1; a reset (-no-reboot) ends it with 0. */
    if (status % 2 == 1)
        out(0xf4, (uint8_t)(status / 2));
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) nothing = {0, 0};
    /* A fault without a table of handlers is a reset on every machine. */
    __asm__ volatile("lidt %0; int3" : : "m"(nothing));
    halt();
}

/* What follows the kernel's own name, which the loader puts in front. */
static const char *arguments(const struct boot_information *info)
{
    if ((info->flags & HAS_COMMAND_LINE) == 0)
        return "";
    const char *text = (const char *)info->command_line;
    while (*text != '\0' && *text != ' ')
        text++;
    return *text == ' ' ? text + 1 : text;
}

static int starts(const char *text, const char *word)
{
    while (*word != '\0')
        if (*text++ != *word++)
            return 0;
    return *text == '\0' || *text == ' ';
}

static void print_modules(const struct boot_information *info)
{
    if ((info->flags & HAS_MODULES) == 0)
        return;
    const struct module *modules = (const struct module *)info->modules;
    for (uint32_t index = 0; index < info->module_count; index++) {
        print("module: ");
        for (const char *byte = (const char *)modules[index].start; byte < (const char *)modules[index].end; byte++)
            print_character(*byte);
        print("\n");
    }
}

void kernel(uint32_t magic, const struct boot_information *info)
{
    if (magic != 0x2badb002)
        halt();
    const char *text = arguments(info);
    print("Hello from a multiboot kernel\ncommand line: <");
    print(text);
    print(">\n");
    if (info->flags & HAS_MEMORY) {
        print("memory: ");
        print_number((info->memory_upper + 1024) * 1024);
        print("\n");
    }
    print_modules(info);
    if (starts(text, "sleep")) {
        print("sleeping\n");
        halt();
    }
    uint32_t status = 0;
    while (*text >= '0' && *text <= '9')
        status = status * 10 + (uint32_t)(*text++ - '0');
    end(status);
}
