/* Sends as many frames as its command line says, then looks as often for one, and prints how many nanoseconds each of both took. */
#include "guest.h"

DEVICES(NET("service"));

int run(const struct guest *guest)
{
	static u8 frame[1514];
	const char *cursor = guest->command_line;
	u64 count = next_number(&cursor, 1), length = next_number(&cursor, 60);
	memset(frame, 255, 6);
	memcpy(frame + 6, guest->manifest->devices[1].net.mac, 6);
	frame[12] = 0x88, frame[13] = 0xb5; /* linux/if_ether.h: ETH_P_802_EX1 */
	u64 start = wall_clock_ns();
	for (u64 i = 0; i < count; i++)
		net_write(1, frame, length);
	u64 sent = wall_clock_ns();
	for (u64 i = 0; i < count; i++)
		net_read(1, frame, sizeof frame);
	u64 end = wall_clock_ns();
	put("write: ");
	put_number((sent - start) / count);
	put(" ns\nread: ");
	put_number((end - sent) / count);
	put(" ns\n");
	return 0;
}
