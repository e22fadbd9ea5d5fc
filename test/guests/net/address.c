/* Addresses as bytes and as text, and numbers in the network's order. */
#include "net.h"

int same_bytes(const u8 *left, const u8 *right, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (left[i] != right[i])
			return 0;
	return 1;
}

int same_address(const struct address *left, const struct address *right)
{
	return left->version == right->version && same_bytes(left->bytes, right->bytes, left->version == 4 ? 4 : 16);
}

int same_prefix(const struct address *left, const struct address *right, unsigned bits)
{
	if (left->version != right->version || !same_bytes(left->bytes, right->bytes, bits / 8))
		return 0;
	return bits % 8 == 0 || ((left->bytes[bits / 8] ^ right->bytes[bits / 8]) >> (8 - bits % 8)) == 0;
}

u16 get16(const u8 *at)
{
	return (u16)(at[0] << 8 | at[1]);
}

u32 get32(const u8 *at)
{
	return (u32)get16(at) << 16 | get16(at + 2);
}

void put16(u8 *at, u16 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

void put32(u8 *at, u32 value)
{
	put16(at, (u16)(value >> 16));
	put16(at + 2, (u16)value);
}

static int digit_of(char character, unsigned base)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return base == 16 && character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

static int number_of(const char **text, unsigned base)
{
	const char *at = *text;
	int number = 0;
	for (; digit_of(*at, base) >= 0 && number <= 0xffff; at++)
		number = number * (int)base + digit_of(*at, base);
	if (at == *text)
		return -1;
	*text = at;
	return number;
}

static int parse_ipv4(const char **text, u8 bytes[16])
{
	for (int i = 0; i < 4; i++) {
		int number = i && *(*text)++ != '.' ? -1 : number_of(text, 10);
		if (number < 0 || number > 255)
			return 0;
		bytes[i] = (u8)number;
	}
	return 1;
}

static int parse_ipv6(const char **text, u8 bytes[16])
{
	u8 tail[16];
	size_t before = 0, after = 0;
	int gap = 0;
	for (;;) {
		if ((*text)[0] == ':' && (*text)[1] == ':') {
			*text += 2;
			gap = 1;
		} else if ((*text)[0] == ':' && before + after) {
			*text += 1;
		}
		int number = number_of(text, 16);
		if (number < 0 || before + after == 16)
			break;
		put16(gap ? tail + after : bytes + before, (u16)number);
		*(gap ? &after : &before) += 2;
	}
	if (!gap && before != 16)
		return 0;
	memset(bytes + before, 0, 16 - before - after);
	memcpy(bytes + 16 - after, tail, after);
	return 1;
}

int address_parse(const char **text, struct address *address, unsigned *prefix)
{
	const char *dot = *text;
	while (digit_of(*dot, 10) >= 0)
		dot++;
	address->version = *dot == '.' ? 4 : 6;
	if (!(address->version == 4 ? parse_ipv4(text, address->bytes) : parse_ipv6(text, address->bytes))) {
		address->version = 0;
		return 0;
	}
	if (prefix) {
		*prefix = address->version == 4 ? 32 : 128;
		if (**text == '/') {
			*text += 1;
			*prefix = (unsigned)number_of(text, 10);
		}
	}
	return 1;
}

void put_address(const struct address *address)
{
	if (address->version == 4) {
		for (int i = 0; i < 4; i++) {
			put(i ? "." : "");
			put_number(address->bytes[i]);
		}
		return;
	}
	for (int i = 0; i < 16; i += 2) {
		const char *digits = "0123456789abcdef";
		u16 group = get16(address->bytes + i);
		put(i ? ":" : "");
		for (int shift = 12; shift >= 0; shift -= 4)
			if (group >> shift || shift == 0)
				put((char[]){digits[group >> shift & 15], 0});
	}
}
