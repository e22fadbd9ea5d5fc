/* IPv4 (RFC 791) and IPv6 (RFC 8200), without fragments and extension headers. */
#include "net.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* RFC 1071. */
static u32 sum(const u8 *bytes, size_t length, u32 total)
{
	u64 wide = total;
	for (; length >= 4; bytes += 4, length -= 4)
		wide += get32(bytes);
	if (length >= 2)
		wide += get16(bytes), bytes += 2, length -= 2;
	if (length)
		wide += (u32)bytes[0] << 8;
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	return (u32)wide;
}

/* Over the addresses, the protocol and the length as well, as TCP, UDP and ICMPv6 want it; 0 where it is right. */
static u16 checksum(const struct address *from, const struct address *to, u8 protocol, const u8 *payload, size_t length)
{
	u32 total = 0;
	if (protocol != PROTOCOL_ICMP) {
		const size_t size = from->version == 4 ? 4 : 16;
		total = sum(from->bytes, size, sum(to->bytes, size, (u32)length + protocol));
	}
	return (u16)~sum(payload, length, total);
}

static int checksum_offset(u8 protocol)
{
	return protocol == PROTOCOL_TCP ? 16 : protocol == PROTOCOL_UDP ? 6 : 2;
}

static void deliver(const struct packet *packet)
{
	const int unchecked = packet->protocol == PROTOCOL_UDP && packet->length >= 8 && !get16(packet->payload + 6);
	if (!unchecked && checksum(&packet->from, &packet->to, packet->protocol, packet->payload, packet->length))
		return;
	if (packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMP6)
		icmp_input(packet);
	else if (packet->protocol == PROTOCOL_UDP)
		udp_input(packet);
	else if (packet->protocol == PROTOCOL_TCP)
		tcp_input(packet);
}

void ipv4_input(struct nic *nic, const u8 mac[MAC], const u8 *header, size_t length)
{
	const size_t header_length = (size_t)(header[0] & 15) * 4, total = get16(header + 2);
	if (length < IPV4_HEADER || header[0] >> 4 != 4 || header_length < IPV4_HEADER || total < header_length || total > length)
		return;
	if ((get16(header + 6) & 0x3fff) || sum(header, header_length, 0) != 0xffff)
		return;
	struct packet packet = {.nic = nic, .from = {.version = 4}, .to = {.version = 4}, .protocol = header[9], .hops = header[8],
		.payload = header + header_length, .length = total - header_length};
	memcpy(packet.mac, mac, MAC);
	memcpy(packet.from.bytes, header + 12, 4);
	memcpy(packet.to.bytes, header + 16, 4);
	if (same_address(&packet.to, &nic->ipv4))
		deliver(&packet);
}

void ipv6_input(struct nic *nic, const u8 mac[MAC], const u8 *header, size_t length)
{
	if (length < IPV6_HEADER || header[0] >> 4 != 6 || get16(header + 4) + (size_t)IPV6_HEADER > length)
		return;
	struct packet packet = {.nic = nic, .from = {.version = 6}, .to = {.version = 6}, .protocol = header[6], .hops = header[7],
		.payload = header + IPV6_HEADER, .length = get16(header + 4)};
	memcpy(packet.mac, mac, MAC);
	memcpy(packet.from.bytes, header + 8, 16);
	memcpy(packet.to.bytes, header + 24, 16);
	const int own = same_address(&packet.to, &nic->ipv6) || same_address(&packet.to, &nic->link_local);
	/* Groups: neighbours that look for us. */
	if (own || (packet.to.bytes[0] == 0xff && packet.protocol == PROTOCOL_ICMP6))
		deliver(&packet);
}

u8 *ip_payload(u8 version)
{
	return ethernet_payload() + (version == 4 ? IPV4_HEADER : IPV6_HEADER);
}

void ip_send(struct nic *nic, const u8 mac[MAC], const struct address *from, const struct address *to, u8 protocol,
	size_t length)
{
	u8 *header = ethernet_payload(), *payload = ip_payload(to->version);
	u8 *check = payload + checksum_offset(protocol);
	put16(check, 0);
	put16(check, checksum(from, to, protocol, payload, length));
	if (protocol == PROTOCOL_UDP && get16(check) == 0)
		put16(check, 0xffff);
	if (to->version == 4) {
		memset(header, 0, IPV4_HEADER);
		header[0] = 0x45;
		put16(header + 2, (u16)(IPV4_HEADER + length));
		put16(header + 6, 0x4000); /* Do not fragment. */
		header[8] = 64;
		header[9] = protocol;
		memcpy(header + 12, from->bytes, 4);
		memcpy(header + 16, to->bytes, 4);
		put16(header + 10, (u16)~sum(header, IPV4_HEADER, 0));
		ethernet_send(nic, mac, TYPE_IPV4, IPV4_HEADER + length);
	} else {
		put32(header, 6u << 28);
		put16(header + 4, (u16)length);
		header[6] = protocol;
		header[7] = 255;
		memcpy(header + 8, from->bytes, 16);
		memcpy(header + 24, to->bytes, 16);
		ethernet_send(nic, mac, TYPE_IPV6, IPV6_HEADER + length);
	}
}

int ip_route(struct nic *nic, const struct address *to, u8 protocol, size_t length)
{
	const struct address *own = to->version == 4 ? &nic->ipv4 : &nic->ipv6;
	const struct address *gateway = to->version == 4 ? &nic->gateway4 : &nic->gateway6;
	const unsigned prefix = to->version == 4 ? nic->prefix4 : nic->prefix6;
	static u8 kept[LARGEST_FRAME];
	u8 mac[MAC];
	if (own->version != to->version)
		return 0;
	/* Asking for a neighbour overwrites what is to be sent. */
	memcpy(kept, ip_payload(to->version), length);
	/* Without a gateway all is on the link. */
	if (!neighbour(nic, same_prefix(own, to, prefix) || !gateway->version ? to : gateway, mac))
		return 0;
	memcpy(ip_payload(to->version), kept, length);
	ip_send(nic, mac, own, to, protocol, length);
	return 1;
}
