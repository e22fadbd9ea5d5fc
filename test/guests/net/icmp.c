/* Echo, of IPv4 (RFC 792) and IPv6 (RFC 4443, section 4). */
#include "net.h"

enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, ECHO_REQUEST_6 = 128, ECHO_REPLY_6 = 129, NEIGHBOUR_SOLICITATION = 135 };
enum { ECHO_HEADER = 8, OWN_IDENTIFIER = 0x6e63 };

void icmp_input(const struct packet *packet)
{
	const u8 version = packet->from.version, type = packet->payload[0];
	if (packet->length < ECHO_HEADER)
		return;
	if (type == (version == 4 ? ECHO_REQUEST : ECHO_REQUEST_6)) {
		const struct address from = packet->to, to = packet->from;
		u8 *reply = ip_payload(version);
		memcpy(reply, packet->payload, packet->length);
		reply[0] = version == 4 ? ECHO_REPLY : ECHO_REPLY_6;
		if (from.bytes[0] != 0xff || version == 4)
			ip_send(packet->nic, packet->mac, &from, &to, packet->protocol, packet->length);
	} else if (type == (version == 4 ? ECHO_REPLY : ECHO_REPLY_6)) {
		if (get16(packet->payload + 4) == OWN_IDENTIFIER)
			ping_answered(&packet->from, get16(packet->payload + 6));
	} else if (version == 6 && type >= NEIGHBOUR_SOLICITATION) {
		ndp_input(packet);
	}
}

void icmp_ping(struct nic *nic, const struct address *to, u16 sequence)
{
	u8 *request = ip_payload(to->version);
	memset(request, 0, ECHO_HEADER);
	request[0] = to->version == 4 ? ECHO_REQUEST : ECHO_REQUEST_6;
	put16(request + 4, OWN_IDENTIFIER);
	put16(request + 6, sequence);
	ip_route(nic, to, to->version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6, ECHO_HEADER);
}
