/* What every guest needs and no tender provides: lines of text, numbers, and the two functions that gcc calls unasked. */
#include "guest.h"

/* Holds the longest command line (8191 bytes, spt_abi.h) and the words before it. */
static struct { size_t used; char text[8704]; } line;

/* So that every data segment has bytes from the file as well as bytes to be zeroed: loaders get the border wrong. */
static volatile u32 from_file = 0x66696c65;

void flush(void)
{
	if (from_file != 0x66696c65)
		console("data segment was not loaded\n", 28);
	console(line.text, line.used);
	line.used = 0;
}

static void put_character(char character)
{
	line.text[line.used++] = character;
	if (character == '\n' || line.used == sizeof line.text)
		flush();
}

void put(const char *text)
{
	while (*text)
		put_character(*text++);
}

static void put_digits(u64 number, unsigned base)
{
	char digits[20];
	size_t count = 0;
	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (count)
		put_character(digits[--count]);
}

void put_number(u64 number)
{
	put_digits(number, 10);
}

void put_hex(u64 number)
{
	put("0x");
	put_digits(number, 16);
}

static void put_mac(const u8 mac[6])
{
	for (int i = 0; i < 6; i++) {
		put(i ? ":" : "");
		put_digits(mac[i] >> 4, 16);
		put_digits(mac[i] & 15, 16);
	}
}

/* What the tender filled into the manifest. */
void put_device(const struct device *device)
{
	put("device: ");
	put(device->name);
	put(device->attached ? "\nattached: yes\n" : "\nattached: no\n");
	if (device->kind == DEVICE_NET) {
		put("mac: ");
		put_mac(device->net.mac);
		put("\nmtu: ");
		put_number(device->net.mtu);
	} else {
		put("capacity: ");
		put_number(device->block.capacity);
		put("\nblock size: ");
		put_number(device->block.block_size);
	}
	put("\n");
}

int same(const char *left, const char *right)
{
	while (*left && *left == *right)
		left++, right++;
	return *left == *right;
}

static const char *skip_blanks(const char *cursor)
{
	while (*cursor == ' ')
		cursor++;
	return cursor;
}

int has_word(const char *cursor)
{
	return *skip_blanks(cursor) != 0;
}

int take_word(const char **cursor, const char *word)
{
	const char *at = skip_blanks(*cursor);
	while (*word && *at == *word)
		at++, word++;
	if (*word || (*at && *at != ' '))
		return 0;
	*cursor = at;
	return 1;
}

static int digit(char character, unsigned base)
{
	unsigned value = character >= 'a' ? (unsigned)character - 'a' + 10 : (unsigned)character - '0';
	return value < base ? (int)value : -1;
}

/* Reads a decimal or 0x number and moves past it and past one `-`, so that `0x1000-0x2000` reads as two. */
u64 next_number(const char **cursor, u64 otherwise)
{
	const char *at = skip_blanks(*cursor);
	unsigned base = 10;
	if (at[0] == '0' && at[1] == 'x')
		base = 16, at += 2;
	if (digit(*at, base) < 0)
		return otherwise;
	u64 number = 0;
	for (; digit(*at, base) >= 0; at++)
		number = number * base + (u64)digit(*at, base);
	*cursor = *at == '-' ? at + 1 : at;
	return number;
}

void *memcpy(void *to, const void *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}

void *memset(void *to, int value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((u8 *)to)[i] = (u8)value;
	return to;
}
