/* Frames from and to a device (IEEE 802.3, type field as in RFC 894). */
#include "net.h"

static u8 incoming[LARGEST_FRAME], outgoing[LARGEST_FRAME];

void nic_start(struct nic *nic, const struct device *device, u64 handle)
{
	nic->name = device->name;
	nic->device = handle;
	nic->mtu = device->net.mtu;
	memcpy(nic->mac, device->net.mac, MAC);
	/* RFC 4291, appendix A: the interface identifier of a hardware address. */
	const u8 *mac = nic->mac;
	nic->link_local = (struct address){6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3],
		mac[4], mac[5]}};
}

u8 *ethernet_payload(void)
{
	return outgoing + ETHERNET_HEADER;
}

void ethernet_send(struct nic *nic, const u8 mac[MAC], u16 type, size_t length)
{
	if (length > nic->mtu)
		return;
	memcpy(outgoing, mac, MAC);
	memcpy(outgoing + MAC, nic->mac, MAC);
	put16(outgoing + 2 * MAC, type);
	net_write(nic->device, outgoing, ETHERNET_HEADER + length);
}

void nic_poll(struct nic *nic)
{
	size_t length;
	/* Not for ever: timers want their turn. */
	for (int frames = 0; frames < 64 && (length = net_read(nic->device, incoming, sizeof incoming)); frames++) {
		const u8 *payload = incoming + ETHERNET_HEADER, *mac = incoming + MAC;
		if (length < ETHERNET_HEADER || !((incoming[0] & 1) || same_bytes(incoming, nic->mac, MAC)))
			continue;
		switch (get16(incoming + 2 * MAC)) {
		case TYPE_ARP:
			arp_input(nic, payload, length - ETHERNET_HEADER);
			break;
		case TYPE_IPV4:
			ipv4_input(nic, mac, payload, length - ETHERNET_HEADER);
			break;
		case TYPE_IPV6:
			ipv6_input(nic, mac, payload, length - ETHERNET_HEADER);
			break;
		}
	}
}
