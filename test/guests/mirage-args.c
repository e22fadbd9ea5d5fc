/*
 * Splits its command line as MirageOS does since 2020 (mirage-bootvar, parse_argv.ml): blanks separate, "..." and \ quote, empty
 * words vanish. Then it looks at its options as Cmdliner does: --help=plain prints the manual page and ends with 63, an option that
 * it does not have ends with 64. Else it prints the words. Ends with 2 where an OCaml exception would end it.
 */
#include "guest.h"

#ifdef MIRAGE_DEVICES
MIRAGE_DEVICES;
#else
NO_DEVICES;
#endif

/* By this runnc knows programs made with OCaml (runtime/printexc.c). */
static const char last_words[] __attribute__((used)) = "Fatal error: exception %s\n";

/* Names of its options, apart by blanks and as long as it takes: tests write others into the file, behind the first 8 bytes. */
static const volatile char names[8 + 256] __attribute__((used)) =
	"OPTIONS:ipv4 ipv4-gateway ipv4-only ipv6 ipv6-gateway ipv6-only management-ipv4 management-ipv4-only hello name logs";

enum { MOST = 512 };
static char text[8192];
static char *words[MOST];
static size_t count;

static void end_word(char *end)
{
	static char *start = text;
	*end = 0;
	if (end > start && count < MOST)
		words[count++] = start;
	start = end + 1;
}

static int split(const char *at)
{
	enum { NORMAL, QUOTED, ESCAPED, QUOTED_ESCAPED } state = NORMAL;
	char *to = text, *start = text;
	for (; *at; at++) {
		if (state == ESCAPED || state == QUOTED_ESCAPED) {
			*to++ = *at;
			state = state == ESCAPED ? NORMAL : QUOTED;
		} else if (*at == '\\') {
			state = state == NORMAL ? ESCAPED : QUOTED_ESCAPED;
		} else if (*at == '"') {
			state = state == NORMAL ? QUOTED : NORMAL;
		} else if (*at == ' ' && state == NORMAL) {
			if (to > start) {
				end_word(to++);
				start = to;
			}
		} else {
			*to++ = *at;
		}
	}
	if (to > start)
		end_word(to);
	return state == NORMAL;
}

/* Calls back for each name; stops at the first that answers other than 0. */
static int each_name(int (*call)(const char *name, const char *word), const char *word)
{
	char name[64];
	size_t length = 0;
	for (size_t at = 8; at < sizeof(names); at++) {
		char c = names[at];
		if (c && c != ' ' && length < sizeof(name) - 1) {
			name[length++] = c;
			continue;
		}
		name[length] = 0;
		int answer = length ? call(name, word) : 0;
		if (answer || !c)
			return answer;
		length = 0;
	}
	return 0;
}

static int describe(const char *name, const char *word)
{
	(void)word;
	put(same(name, "logs") ? "       -l LEVEL, --logs=LEVEL (absent MIRAGE_LOGS env)\n" : "       --");
	if (!same(name, "logs")) {
		put(name);
		put("=VAL (absent=10.0.0.2/24)\n");
	}
	put("           What it does, and that --no-such-option is no option of\n           it.\n\n");
	return 0;
}

/* As Cmdliner 1.1 lays it out; compared with a program of its own when this was written. */
static int help(void)
{
	put("NAME\n       unikernel\n\nSYNOPSIS\n       unikernel [OPTION]\xe2\x80\xa6\n\nUNIKERNEL PARAMETERS\n");
	each_name(describe, 0);
	put("COMMON OPTIONS\n       --help[=FMT] (default=auto)\n           Show this help in format FMT.\n\n");
	put("EXIT STATUS\n       unikernel exits with the following status:\n\n       0   on success.\n\n       -1  never.\n\n");
	return 63;
}

/* Whether `word` is --NAME or --NAME=VALUE. */
static int is_option(const char *name, const char *word)
{
	for (word += 2; *name && *name == *word; name++)
		word++;
	return !*name && (!*word || *word == '=');
}

int run(const struct guest *guest)
{
	if (!split(guest->command_line))
		return 2;
	for (size_t at = 0; at < count && !same(words[at], "--"); at++) {
		if (same(words[at], "--help=plain"))
			return help();
		if (words[at][0] == '-' && words[at][1] == '-' && !each_name(is_option, words[at])) {
			put("unikernel: unknown option '");
			put(words[at]);
			put("'.\n");
			return 64;
		}
	}
	for (size_t at = 0; at < count; at++) {
		put("word: <");
		put(words[at]);
		put(">\n");
	}
	return 0;
}
