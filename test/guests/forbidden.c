/*
 * Asks the host for what it must not give, and says what came back should it live: by default getpid (spt) or hypercall 9
 * (hvt, one past the last). `NUMBER ARGUMENT...` asks for another; `32-bit NUMBER` comes by the old door (int 0x80).
 */
#include "guest.h"
#include "arch.h"

NO_DEVICES;

int run(const struct guest *guest)
{
	static const char by_old_door[] = "32-bit ";
	const char *cursor = guest->command_line;
	unsigned length = 0;
	while (length < sizeof by_old_door - 1 && cursor[length] == by_old_door[length])
		length++;
	int old_door = length == sizeof by_old_door - 1;
	if (old_door)
		cursor += length;

	u64 call[7] = {next_number(&cursor, is_readable(0) < 0 ? 9 : SYS_getpid)};
	for (int i = 1; i < 7; i++)
		call[i] = next_number(&cursor, 0);
	put("asking for number ");
	put_number(call[0]);
	put("\n");
	long result = old_door ? system_call_32_bit((long)call[0]) : raw_call(call);
	put("it returned ");
	if (result < 0)
		put("-");
	put_number((u64)(result < 0 ? -result : result));
	put("\n");
	return 0;
}
