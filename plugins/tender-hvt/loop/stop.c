/* The end of a guest that did what it must not, and of one that KVM could not run: one line on stderr. */
#include "loop.h"
#include "arch.h"

static char *put_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_hex(char *to, u64 number)
{
	int shift = 60;
	while (shift && !(number >> shift))
		shift -= 4;
	to = put_text(to, "0x");
	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[number >> shift & 15];
	return to;
}

_Noreturn void stop(const struct parameters *p, int status, const char *text, u64 number)
{
	/* The longest text has 70 characters, and two numbers have 36. */
	char line[192], *end = put_text(line, "runnc: hvt: the guest was stopped: ");
	end = put_hex(put_text(end, text), number);
	u64 here = instruction_pointer(p->vcpu);
	end = put_text(end, " (" INSTRUCTION_POINTER " ");
	end = here ? put_hex(end, here) : put_text(end, "unknown");
	end = put_text(end, ")\n");
	system_call(__NR_write, 2, (long)line, end - line, 0, 0, 0);
	for (;;)
		system_call(__NR_exit_group, status, 0, 0, 0, 0, 0);
}
