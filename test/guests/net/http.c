/* What the server says: `/` a line, `/bytes/N` a body of N bytes; anything else is not found (RFC 9112). */
#include "net.h"

static const char greeting[] = "Hello from a unikernel on the network\n";
static u64 length_of_greeting = sizeof greeting - 1;

static void append(struct answer *answer, const char *text)
{
	while (*text && answer->header_length < sizeof answer->header)
		answer->header[answer->header_length++] = *text++;
}

static void append_number(struct answer *answer, u64 number)
{
	char digits[21] = {0};
	size_t at = 20;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	append(answer, digits + at);
}

static int starts(const char *text, const char *with)
{
	while (*with && *text == *with)
		text++, with++;
	return *with == 0;
}

void http_answer(const char *request, struct answer *answer)
{
	const char *size = request + sizeof "GET /bytes/" - 1;
	const int known = starts(request, "GET / ") || starts(request, "GET /bytes/");
	answer->body_length = !known ? 0 : starts(request, "GET / ") ? length_of_greeting : next_number(&size, 0);
	append(answer, known ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found");
	append(answer, "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ");
	append_number(answer, answer->body_length);
	append(answer, "\r\n\r\n");
}

/* Every body begins as the greeting does and goes on with digits, so that what is lost or doubled shows. */
u8 http_body(u64 offset)
{
	return offset < length_of_greeting ? (u8)greeting[offset] : (u8)('0' + offset % 251 % 10);
}
