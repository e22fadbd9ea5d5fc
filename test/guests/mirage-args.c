/*
 * Splits its command line as MirageOS does since 2020 (mirage-bootvar, parse_argv.ml) and prints the words: blanks separate,
 * "..." and \ quote, empty words vanish. Ends with 2 where an OCaml exception would end it.
 */
#include "guest.h"

NO_DEVICES;

/* By this runnc knows programs made with OCaml (runtime/printexc.c). */
static const char last_words[] __attribute__((used)) = "Fatal error: exception %s\n";

static char word[8192];

static void end_word(size_t *length)
{
	if (!*length)
		return;
	word[*length] = 0;
	put("word: <");
	put(word);
	put(">\n");
	*length = 0;
}

int run(const struct guest *guest)
{
	enum { NORMAL, QUOTED, ESCAPED, QUOTED_ESCAPED } state = NORMAL;
	size_t length = 0;
	for (const char *at = guest->command_line; *at; at++) {
		if (state == ESCAPED || state == QUOTED_ESCAPED) {
			word[length++] = *at;
			state = state == ESCAPED ? NORMAL : QUOTED;
		} else if (*at == '\\') {
			state = state == NORMAL ? ESCAPED : QUOTED_ESCAPED;
		} else if (*at == '"') {
			state = state == NORMAL ? QUOTED : NORMAL;
		} else if (*at == ' ' && state == NORMAL) {
			end_word(&length);
		} else {
			word[length++] = *at;
		}
	}
	if (state != NORMAL)
		return 2;
	end_word(&length);
	return 0;
}
