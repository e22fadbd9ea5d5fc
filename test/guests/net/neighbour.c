/* Who has which hardware address: ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861, sections 4.3 and 4.4). */
#include "net.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2, ARP_LENGTH = 28 };
enum { NEIGHBOUR_SOLICITATION = 135, NEIGHBOUR_ADVERTISEMENT = 136, NDP_LENGTH = 32 };

static struct { struct address address; u8 mac[MAC]; } table[64];
static unsigned next;

static const u8 everybody[MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void neighbour_learn(const struct address *address, const u8 mac[MAC])
{
	for (unsigned i = 0; i < 64; i++) {
		if (same_address(&table[i].address, address)) {
			memcpy(table[i].mac, mac, MAC);
			return;
		}
	}
	table[next % 64].address = *address;
	memcpy(table[next++ % 64].mac, mac, MAC);
}

static void arp_send(struct nic *nic, u16 operation, const u8 *to_mac, const u8 *to_ip)
{
	u8 *arp = ethernet_payload();
	const u8 *mac = operation == ARP_REQUEST ? everybody : to_mac;
	memcpy(arp, (u8[]){0, 1, 8, 0, MAC, 4}, 6);
	put16(arp + 6, operation);
	memcpy(arp + 8, nic->mac, MAC);
	memcpy(arp + 14, nic->ipv4.bytes, 4);
	memset(arp + 18, 0, MAC);
	if (operation == ARP_REPLY)
		memcpy(arp + 18, to_mac, MAC);
	memcpy(arp + 24, to_ip, 4);
	ethernet_send(nic, mac, TYPE_ARP, ARP_LENGTH);
}

void arp_input(struct nic *nic, const u8 *arp, size_t length)
{
	if (length < ARP_LENGTH || !same_bytes(arp, (u8[]){0, 1, 8, 0, MAC, 4}, 6) || nic->ipv4.version != 4)
		return;
	struct address from = {.version = 4};
	u8 mac[MAC];
	memcpy(from.bytes, arp + 14, 4);
	memcpy(mac, arp + 8, MAC);
	if (!same_bytes(arp + 24, nic->ipv4.bytes, 4))
		return;
	if (get32(from.bytes) != 0)
		neighbour_learn(&from, mac);
	if (get16(arp + 6) == ARP_REQUEST)
		arp_send(nic, ARP_REPLY, mac, from.bytes);
}

/* The solicited-node group of an address (RFC 4291, 2.7.1) and its hardware address (RFC 2464, 7). */
static void solicit(struct nic *nic, const struct address *wanted)
{
	struct address group = {6, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};
	u8 mac[MAC] = {0x33, 0x33, 0xff};
	memcpy(group.bytes + 13, wanted->bytes + 13, 3);
	memcpy(mac + 3, wanted->bytes + 13, 3);
	u8 *message = ip_payload(6);
	memset(message, 0, NDP_LENGTH);
	message[0] = NEIGHBOUR_SOLICITATION;
	memcpy(message + 8, wanted->bytes, 16);
	message[24] = 1, message[25] = 1; /* Source link-layer address. */
	memcpy(message + 26, nic->mac, MAC);
	const int local = wanted->bytes[0] == 0xfe || nic->ipv6.version != 6;
	ip_send(nic, mac, local ? &nic->link_local : &nic->ipv6, &group, PROTOCOL_ICMP6, NDP_LENGTH);
}

static void advertise(const struct packet *packet, const struct address *own)
{
	struct address to = packet->from;
	u8 mac[MAC], *message = ip_payload(6);
	memcpy(mac, packet->mac, MAC);
	const struct address none = {.version = 6};
	const int asked_by_nobody = same_address(&to, &none);
	if (asked_by_nobody)
		to = (struct address){6, {0xff, 2, [15] = 1}};
	memset(message, 0, NDP_LENGTH);
	message[0] = NEIGHBOUR_ADVERTISEMENT;
	message[4] = asked_by_nobody ? 0x20 : 0x60; /* Solicited, override. */
	memcpy(message + 8, own->bytes, 16);
	message[24] = 2, message[25] = 1; /* Target link-layer address. */
	memcpy(message + 26, packet->nic->mac, MAC);
	ip_send(packet->nic, asked_by_nobody ? (u8[]){0x33, 0x33, 0, 0, 0, 1} : mac, own, &to, PROTOCOL_ICMP6, NDP_LENGTH);
}

void ndp_input(const struct packet *packet)
{
	struct nic *nic = packet->nic;
	struct address target = {.version = 6};
	if (packet->length < 24 || packet->hops != 255)
		return;
	memcpy(target.bytes, packet->payload + 8, 16);
	if (packet->payload[0] == NEIGHBOUR_SOLICITATION) {
		if (same_address(&target, &nic->ipv6))
			advertise(packet, &nic->ipv6);
		else if (same_address(&target, &nic->link_local))
			advertise(packet, &nic->link_local);
	} else if (packet->payload[0] == NEIGHBOUR_ADVERTISEMENT && packet->length >= NDP_LENGTH && packet->payload[24] == 2) {
		neighbour_learn(&target, packet->payload + 26);
	}
}

int neighbour(struct nic *nic, const struct address *address, u8 mac[MAC])
{
	for (unsigned i = 0; i < 64; i++) {
		if (same_address(&table[i].address, address)) {
			memcpy(mac, table[i].mac, MAC);
			return 1;
		}
	}
	if (address->version == 4)
		arp_send(nic, ARP_REQUEST, everybody, address->bytes);
	else if (address->version == 6)
		solicit(nic, address);
	return 0;
}
