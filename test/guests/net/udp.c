/* UDP (RFC 768): an echo on port 7 (RFC 862), and answers of name servers. */
#include "net.h"

enum { UDP_HEADER = 8, PORT_ECHO = 7, PORT_DNS = 53 };

void udp_input(const struct packet *packet)
{
	const u8 *udp = packet->payload;
	if (packet->length < UDP_HEADER || get16(udp + 4) < UDP_HEADER || get16(udp + 4) > packet->length)
		return;
	const size_t length = get16(udp + 4) - UDP_HEADER;
	if (get16(udp + 2) == PORT_ECHO) {
		memcpy(ip_payload(packet->from.version) + UDP_HEADER, udp + UDP_HEADER, length);
		udp_send(packet->nic, packet->mac, &packet->to, &packet->from, PORT_ECHO, get16(udp), length);
	} else if (get16(udp) == PORT_DNS) {
		dns_answered(udp + UDP_HEADER, length);
	}
}

/* The payload is in place; `mac` 0 looks the next hop up. */
void udp_send(struct nic *nic, const u8 mac[MAC], const struct address *from, const struct address *to, u16 from_port,
	u16 to_port, size_t length)
{
	u8 *udp = ip_payload(to->version);
	put16(udp, from_port);
	put16(udp + 2, to_port);
	put16(udp + 4, (u16)(UDP_HEADER + length));
	if (mac)
		ip_send(nic, mac, from, to, PROTOCOL_UDP, UDP_HEADER + length);
	else
		ip_route(nic, to, PROTOCOL_UDP, UDP_HEADER + length);
}
