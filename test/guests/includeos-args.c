/*
 * Stands in for an IncludeOS service of 2017 to 2019 on Solo5's hvt: says first what every one says, splits its command line as
 * Service::start does (IncludeOS src/kernel/service_stub.cpp) and prints the words.
 */
#include "guest.h"

NO_DEVICES;

static int is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int run(const struct guest *guest)
{
	static char text[1024];
	size_t length = 0;
	put(" #include<os> // Literally\n");
	for (const char *at = guest->command_line; *at; at++) {
		if (!is_blank(*at) && length < sizeof(text) - 1)
			text[length++] = *at;
		if (length && (is_blank(*at) || !at[1])) {
			text[length] = 0, length = 0;
			put("word: <");
			put(text);
			put(">\n");
		}
	}
	return 0;
}
