/*
 * Reads its command line as rumprun does and prints what it would do, in that order: a JSON object whose strings are taken as they
 * stand (jsmn.h), keys executed one after the other (config.c), `cmdline` split again (parseargs.c). Ends with 1 on what rumprun
 * would not take.
 */
#include "guest.h"

#ifdef RUMPRUN_DISK
DEVICES(BLOCK("rootfs"), NET("tap"));
#else
NO_DEVICES;
#endif

static const char *at;

static _Noreturn void fail(const char *why)
{
	put("rumprun: ");
	put(why);
	put("\n");
	finish(1);
}

static void put_range(const char *start, const char *end)
{
	for (; start < end; start++) {
		char one[2] = {*start, 0};
		put(one);
	}
}

static int hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void blanks(void)
{
	while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
		at++;
}

static int sees(char c)
{
	blanks();
	return *at == c;
}

static void expect(char c)
{
	if (!sees(c))
		fail("json parse failed");
	at++;
}

/* From behind the first quote to the last one. */
static const char *string(const char **end)
{
	expect('"');
	const char *start = at;
	for (; *at != '"'; at++) {
		if (!*at)
			fail("json parse failed: string without end");
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u') {
			for (int i = 0; i < 4; i++)
				if (!hex_digit(*++at))
					fail("json parse failed: \\u");
		} else if (!*at || !(*at == '"' || *at == '/' || *at == '\\' || *at == 'b' || *at == 'f' || *at == 'n' ||
				       *at == 'r' || *at == 't')) {
			fail("json parse failed: escape");
		}
	}
	*end = at++;
	return start;
}

static void put_string(const char *label)
{
	const char *end, *start = string(&end);
	put(label);
	put(": <");
	put_range(start, end);
	put(">\n");
}

static int is(const char *start, const char *end, const char *word)
{
	while (start < end && *start == *word)
		start++, word++;
	return start == end && !*word;
}

static void put_argument(const char *start, const char *end)
{
	put("arg: <");
	put_range(start, end);
	put(">\n");
}

static void split(void)
{
	static char word[8192];
	size_t length = 0;
	int inside = 0;
	char quote = 0;
	const char *end, *start = string(&end);
	for (; start <= end; start++) {
		char c = start < end ? *start : 0;
		char taken = c == '\\' ? *++start : c;
		if (!c || ((c == ' ' || c == '\n' || c == '\t') && !quote)) {
			if (inside)
				put_argument(word, word + length);
			inside = 0, length = 0;
			continue;
		}
		inside = 1;
		if (quote && c == quote)
			quote = 0;
		else if (c == '\'' || c == '"')
			quote = c;
		else
			word[length++] = taken;
	}
}

static void object(const char *label)
{
	put(label);
	put(":");
	expect('{');
	while (!sees('}')) {
		const char *end, *start = string(&end);
		put(" ");
		put_range(start, end);
		expect(':');
		start = string(&end);
		put("=");
		put_range(start, end);
		if (!sees('}'))
			expect(',');
	}
	at++;
	put("\n");
}

/* A list of programs, of which ours has one: {"bin": NAME, "argv": [...]}. */
static void programs(void)
{
	const char *end, *start;
	expect('[');
	expect('{');
	while (!sees('}')) {
		start = string(&end);
		expect(':');
		if (is(start, end, "bin")) {
			start = string(&end);
			put_argument(start, end);
		} else {
			expect('[');
			while (!sees(']')) {
				start = string(&end);
				put_argument(start, end);
				if (!sees(']'))
					expect(',');
			}
			at++;
		}
		if (!sees('}'))
			expect(',');
	}
	at++;
	expect(']');
}

#ifdef RUMPRUN_DISK
/* Text at the start of the disk, and its file system: ISO 9660 (first descriptor 32 KiB in) or ext2 (superblock 1 KiB in). */
static void put_disk(const struct guest *guest)
{
	static char block[512 + 1];
	put("disk: <");
	if (!read_block(guest, 1, 0, block))
		put(block);
	put(">");
	if (!read_block(guest, 1, 1024, block) && (u8)block[56] == 0x53 && (u8)block[57] == 0xef) {
		put(" ext2, blocks of ");
		put_number(1024u << block[24]);
	}
	if (!read_block(guest, 1, 32768, block) && same(block + 1, "CD001\1"))
		put(" iso9660");
	put("\n");
}
#endif

int run(const struct guest *guest)
{
#ifdef RUMPRUN_DISK
	put_disk(guest);
#endif
	at = guest->command_line;
	while (*at && *at != '{')
		at++;
	expect('{');
	while (!sees('}')) {
		const char *end, *key = string(&end);
		expect(':');
		if (is(key, end, "hostname"))
			put_string("hostname");
		else if (is(key, end, "env"))
			put_string("env");
		else if (is(key, end, "cwd"))
			put_string("cwd");
		else if (is(key, end, "cmdline"))
			split();
		else if (is(key, end, "rc"))
			programs();
		else if (is(key, end, "net"))
			object("net");
		else if (is(key, end, "blk"))
			object("blk");
		else
			fail("no match for key");
		if (!sees('}'))
			expect(',');
	}
	return 0;
}
